import {EventHubsUnreachableError, type HubEvent, type HubReader, type ReadFrom} from '@weir/azure';
import type {PartitionFacts} from '@weir/pipeline';

/** Where the reading of one partition ends, whatever else ends it. */
export interface PartitionEnd {
  /** Exclusive, in enqueued time; undefined: no such end. */
  readonly untilMs: number | undefined;
  /** `now`: at the last event that was there at the start. `never`: events that come meanwhile are read, too. */
  readonly log: 'now' | 'never';
}

/** Empty batches, one a second, after which a partition that should have more is asked whether it has. */
const silentBatchesMax = 10;

/**
 * The events of one partition up to its end, in batches; an empty one now and then while it waits for more.
 * @throws what `HubReader.batches` throws
 */
export async function* readPartition(
  reader: HubReader,
  {
    partition,
    from,
    facts,
    end,
    ask,
  }: {
    partition: string;
    from: ReadFrom;
    facts: PartitionFacts;
    end: PartitionEnd;
    /** The partition's facts as they are now. */
    ask: () => Promise<PartitionFacts>;
  },
  signal: AbortSignal,
): AsyncGenerator<readonly HubEvent[], void, undefined> {
  const isBounded = end.log === 'now';
  if (isBounded && isBeyondEnd(from, facts)) return;
  const last = facts.lastEnqueuedSequenceNumber;
  let read = -1;
  let silent = 0;
  for await (const batch of reader.batches(partition, from, signal)) {
    const past = batch.findIndex(
      ({sequenceNumber, enqueuedTimeMs}) =>
        (end.untilMs !== undefined && enqueuedTimeMs >= end.untilMs) || (isBounded && sequenceNumber > last),
    );
    const events = past === -1 ? batch : batch.slice(0, past);
    yield events;
    if (past !== -1) return;
    read = events.at(-1)?.sequenceNumber ?? read;
    if (isBounded && read >= last) return;
    if (batch.length > 0) {
      silent = 0;
      continue;
    }
    if (end.untilMs !== undefined && Date.now() > end.untilMs) return;
    silent += 1;
    if (!isBounded || silent < silentBatchesMax) continue;
    // Retention may have taken the last events away while they were read.
    const {isEmpty, beginningSequenceNumber} = await ask();
    if (isEmpty || beginningSequenceNumber > last) return;
    throw new EventHubsUnreachableError(
      `Partition ${partition} gave no event for ${silentBatchesMax} s, although it holds events up to ${last}.`,
    );
  }
}

function isBeyondEnd(from: ReadFrom, facts: PartitionFacts): boolean {
  if (facts.isEmpty) return true;
  switch (from.kind) {
    case 'latest':
      return true;
    case 'sequence':
      return from.sequenceNumber > facts.lastEnqueuedSequenceNumber;
    case 'time':
      return from.enqueuedFromMs > facts.lastEnqueuedTimeMs;
    case 'earliest':
    case 'offset':
      return false;
  }
}
