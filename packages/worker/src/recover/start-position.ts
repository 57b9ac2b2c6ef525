import {startMark, type Mark, type PartitionFacts} from '@weir/pipeline';

/** Where a person wants reading to begin. */
export type From =
  | {readonly kind: 'earliest'}
  | {readonly kind: 'latest'}
  /** The first event enqueued at this time or later, ms. */
  | {readonly kind: 'time'; readonly fromMs: number}
  /** This event is the first that is read. */
  | {readonly kind: 'sequence'; readonly sequenceNumber: number};

/** Reads single events of a hub. */
export interface EventFinder {
  /** The first event at or behind a place; undefined when there is none. Ends with the signal at the latest. */
  first(
    partitionId: string,
    place: {readonly sequenceNumber: number} | {readonly enqueuedFromMs: number},
    signal: AbortSignal,
  ): Promise<Mark | undefined>;
}

/**
 * The position behind which reading begins. Offsets are opaque, so the event before the first one is read for its own.
 * @returns undefined where no event of this number was ever enqueued
 */
export async function findStart({
  from,
  partitionId,
  facts,
  events,
  signal,
}: {
  from: From;
  partitionId: string;
  facts: PartitionFacts;
  events: EventFinder;
  signal: AbortSignal;
}): Promise<Mark | undefined> {
  switch (from.kind) {
    case 'earliest':
      return beginningOf(facts);
    case 'latest':
      return endOf(facts);
    case 'time': {
      if (facts.isEmpty || facts.lastEnqueuedTimeMs < from.fromMs) return endOf(facts);
      const first = await events.first(partitionId, {enqueuedFromMs: from.fromMs}, signal);
      if (first === undefined) return endOf(facts);
      return before(first.sequenceNumber);
    }
    case 'sequence':
      if (from.sequenceNumber > facts.lastEnqueuedSequenceNumber + 1) return undefined;
      return before(from.sequenceNumber);
  }

  async function before(sequenceNumber: number): Promise<Mark | undefined> {
    if (sequenceNumber > facts.lastEnqueuedSequenceNumber) return endOf(facts);
    if (facts.isEmpty || sequenceNumber <= facts.beginningSequenceNumber) return beginningOf(facts);
    const found = await events.first(partitionId, {sequenceNumber: sequenceNumber - 1}, signal);
    if (found === undefined || found.sequenceNumber < sequenceNumber) return found;
    // It has expired since the hub was asked, and its place is given by the first that is left: that one is to be read.
    return {...startMark, sequenceNumber: found.sequenceNumber - 1};
  }
}

/** Before the first event that the hub still has. Event Hubs reads the offset -1 as the start of the retained log. */
function beginningOf(facts: PartitionFacts): Mark {
  if (facts.isEmpty) return endOf(facts);
  const {beginningSequenceNumber} = facts;
  return beginningSequenceNumber <= 0
    ? startMark
    : {...startMark, sequenceNumber: beginningSequenceNumber - 1};
}

function endOf({lastEnqueuedSequenceNumber, lastEnqueuedOffset, lastEnqueuedTimeMs}: PartitionFacts): Mark {
  // A partition that never held an event may report an empty offset, which is no place to resume from.
  if (lastEnqueuedSequenceNumber < 0 || lastEnqueuedOffset === '') return startMark;
  return {
    sequenceNumber: lastEnqueuedSequenceNumber,
    offset: lastEnqueuedOffset,
    enqueuedTimeMs: lastEnqueuedTimeMs,
  };
}
