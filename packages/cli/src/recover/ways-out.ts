import {startMark, type Mark, type PartitionFacts} from '@weir/pipeline';
import {
  canAdoptJournal,
  findStart,
  planBeginAnew,
  retryPartitionId,
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

/** Whether it can be taken as it is. */
export function isOpen({kind}: WayOut): boolean {
  return kind === 'adopt journal' || kind === 'begin anew';
}

/** What a person asks for. */
export interface Wish {
  /** Undefined: nothing yet, only to know the ways. */
  readonly wanted: 'adopt journal' | 'begin anew' | undefined;
  /** Where to begin; undefined: not said. */
  readonly from: From | undefined;
}

/** The wanted way out; without a wish all of them, the one that keeps numbers nearest to the truth first. */
export async function waysOut(
  found: StoppedFound,
  {wanted, from, events, signal}: Wish & {events: EventFinder; signal: AbortSignal},
): Promise<WayOut[]> {
  const adopting: WayOut[] = mayAdopt(found.stopped) ? [{kind: 'adopt journal'}] : [];
  if (wanted === 'adopt journal') return adopting;
  const beginning = await beginAnewWay(found, {from, events, signal});
  if (wanted === 'begin anew' || from !== undefined) return [beginning];
  const unread = unreadFrom(found);
  if (unread === undefined) return [beginning, ...adopting];
  const best = await beginAnewWay(found, {from: unread, events, signal});
  return beginning.kind === 'begin anew' ? [best, beginning, ...adopting] : [best, ...adopting];
}

/**
 * Retried dead letters are marked as settled under the numbers of their commits. An older copy would give those numbers
 * to other letters, so it is never adopted; a partition of the hub may have to be, with its documents.
 */
function mayAdopt({partition: {partitionId}, state: {finding}}: StoppedPartition): boolean {
  if (partitionId === retryPartitionId && finding.kind === 'journal restored') return false;
  return canAdoptJournal(finding);
}

/** The way that `--begin-anew` goes, with `--from` or the finding's own start. */
async function beginAnewWay(
  {stopped, facts, checkpoint}: StoppedFound,
  {from, events, signal}: {from: From | undefined; events: EventFinder; signal: AbortSignal},
): Promise<WayOut> {
  const {partitionId} = stopped.partition;
  if (partitionId === retryPartitionId && from === undefined)
    return {kind: 'begin anew', from, plan: planBeginAnew(stopped, retryStart(stopped))};
  const chosen = from ?? startByDefault(stopped, checkpoint);
  if (chosen === 'unknown') return {kind: 'begin anew, but from where?'};
  if (chosen === undefined)
    return {kind: 'begin anew', from: undefined, plan: planBeginAnew(stopped, undefined)};
  const start = await findStart({from: chosen, partitionId, facts, events, signal});
  if (start === undefined) return {kind: 'no such event', from: chosen};
  return {kind: 'begin anew', from: chosen, plan: planBeginAnew(stopped, start)};
}

/** There is no event to begin at: its letters lie in other partitions. Undefined: where the journal stands. */
function retryStart({state: {finding}}: StoppedPartition): Mark | undefined {
  return finding.kind === 'journal lost' || finding.kind === 'journal restored' ? startMark : undefined;
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
function unreadFrom({stopped, facts}: StoppedFound): From | undefined {
  const {seen, state, claim} = stopped;
  if (stopped.partition.partitionId === retryPartitionId) return undefined;
  if (seen === undefined || !Number.isSafeInteger(seen.headSequenceNumber)) return undefined;
  const sequenceNumber = seen.headSequenceNumber + 1;
  if (sequenceNumber > facts.lastEnqueuedSequenceNumber + 1) return undefined;
  switch (state.finding.kind) {
    case 'journal lost':
    case 'journal restored':
      return {kind: 'sequence', sequenceNumber};
    case 'documents restored': {
      // Else there is nothing that the documents lost and the hub still has.
      const head = claim.journal?.commit.head.sequenceNumber ?? -1;
      return head >= sequenceNumber ? {kind: 'sequence', sequenceNumber} : undefined;
    }
    case 'hub made again':
    case 'two deployments':
    case 'another lineage':
      return undefined;
  }
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
