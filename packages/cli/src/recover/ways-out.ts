import type {PartitionFacts} from '@weir/pipeline';
import {
  canAdoptJournal,
  findStart,
  planBeginAnew,
  type AnewPlan,
  type EventFinder,
  type From,
  type StoppedPartition,
} from '@weir/worker';

/** What there is to decide about, with everything that the decision needs. */
export interface StoppedFound {
  readonly stopped: StoppedPartition;
  readonly facts: PartitionFacts;
  /** The event that the SDK's checkpoint names; undefined without one, or where it is not of this hub. */
  readonly checkpoint: number | undefined;
}

/** One way out of one finding. */
export type WayOut =
  | {readonly kind: 'adopt journal'}
  | {readonly kind: 'begin anew'; readonly from: From | undefined; readonly plan: AnewPlan}
  /** Where to begin has to be said first. */
  | {readonly kind: 'begin anew, but from where?'}
  | {readonly kind: 'no such event'; readonly from: From};

/** All ways out, the one that keeps numbers nearest to the truth first. @param from what the person named, if anything */
export async function waysOut(
  found: StoppedFound,
  {from, events, signal}: {from: From | undefined; events: EventFinder; signal: AbortSignal},
): Promise<WayOut[]> {
  const ways: WayOut[] = [];
  const unread = unreadFrom(found);
  const byDefault = await beginAnewWay(found, {from, events, signal});
  if (from === undefined && unread !== undefined) {
    ways.push(await beginAnewWay(found, {from: unread, events, signal}));
  }
  if (byDefault.kind !== 'begin anew, but from where?' || ways.length === 0) ways.push(byDefault);
  if (canAdoptJournal(found.stopped.state.finding)) ways.push({kind: 'adopt journal'});
  return ways;
}

/** The way that `--begin-anew` goes, with `--from` or the finding's own start. */
export async function beginAnewWay(
  {stopped, facts, checkpoint}: StoppedFound,
  {from, events, signal}: {from: From | undefined; events: EventFinder; signal: AbortSignal},
): Promise<WayOut> {
  const chosen = from ?? startByDefault(stopped, checkpoint);
  if (chosen === 'unknown') return {kind: 'begin anew, but from where?'};
  if (chosen === undefined)
    return {kind: 'begin anew', from: undefined, plan: planBeginAnew(stopped, undefined)};
  const {partitionId} = stopped.partition;
  const start = await findStart({from: chosen, partitionId, facts, events, signal});
  if (start === undefined) return {kind: 'no such event', from: chosen};
  return {kind: 'begin anew', from: chosen, plan: planBeginAnew(stopped, start)};
}

/** Undefined: where the journal stands. */
function startByDefault(
  {state: {finding}}: StoppedPartition,
  checkpoint: number | undefined,
): From | undefined | 'unknown' {
  switch (finding.kind) {
    case 'journal lost':
    case 'journal restored':
      return checkpoint === undefined ? 'unknown' : {kind: 'sequence', sequenceNumber: checkpoint + 1};
    case 'hub made again':
      return {kind: 'earliest'};
    case 'two deployments':
    case 'another lineage':
    case 'documents restored':
      return undefined;
  }
}

/** The first event that Cosmos DB has not seen, where a start there is worth proposing. */
function unreadFrom({stopped: {seen, state}, facts}: StoppedFound): From | undefined {
  const isWorthIt = ['journal lost', 'journal restored', 'documents restored'].includes(state.finding.kind);
  if (!isWorthIt || seen === undefined || !Number.isSafeInteger(seen.headSequenceNumber)) return undefined;
  const sequenceNumber = seen.headSequenceNumber + 1;
  return sequenceNumber > facts.lastEnqueuedSequenceNumber + 1
    ? undefined
    : {kind: 'sequence', sequenceNumber};
}

/** Takes events for granted instead of reading them: enough to say what would happen. */
export function withoutReading(events: EventFinder): EventFinder {
  return {
    first: async (partitionId, place, signal) =>
      'sequenceNumber' in place
        ? {sequenceNumber: place.sequenceNumber, offset: '', enqueuedTimeMs: 0}
        : events.first(partitionId, place, signal),
  };
}
