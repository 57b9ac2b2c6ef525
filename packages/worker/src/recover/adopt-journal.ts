import assert from 'node:assert/strict';
import {progressDocument, type Commit, type Finding, type Progress} from '@weir/pipeline';
import {Backoff, serviceBackoff} from '../backoff.ts';
import {readFenceCopy} from '../commit/pass-fence.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import {isSameCommit, type StoppedPartition} from './inspect.ts';

/** How a way out ended. */
export type WayOutEnd =
  | {readonly kind: 'done'}
  /** Somebody wrote meanwhile: nothing was changed by this; look again. */
  | {readonly kind: 'moved'; readonly cause: string}
  | {readonly kind: 'aborted'};

/** A journal of this hub is there and readable, only the fence names something else. */
export function canAdoptJournal({kind}: Finding): boolean {
  return kind !== 'journal lost' && kind !== 'hub made again';
}

/**
 * Takes the journal for right: makes the fence name its commit, so that the next claim applies that commit again and
 * goes on. One conditional write, so a repeat after a crash finds it done or does it.
 */
export async function adoptJournal({
  ports,
  stopped: {partition, claim, state},
  owner,
  signal,
  report,
}: {
  ports: Pick<WorkerPorts, 'journal' | 'progress' | 'clock' | 'random'>;
  stopped: StoppedPartition;
  /** Stands in the fence until a worker has the partition. */
  owner: string;
  signal: AbortSignal;
  report: ReportTrouble;
}): Promise<WayOutEnd> {
  assert(canAdoptJournal(state.finding) && claim.journal !== undefined, 'there is a journal to adopt');
  const {commit, etag} = claim.journal;
  const backoff = new Backoff({...ports, steps: serviceBackoff});
  while (!signal.aborted) {
    const journal = await ports.journal.etag(partition, signal);
    if (journal.kind === 'missing' || (journal.kind === 'found' && journal.etag !== etag)) {
      return {kind: 'moved', cause: 'the journal was written by somebody else'};
    }
    if (journal.kind === 'found') {
      const progress = adoptedProgress(commit, {owner, nowMs: ports.clock.now()});
      const document = progressDocument(partition, commit, progress);
      const answer = await ports.progress.write(document, claim.fence?.etag, signal);
      if (answer.kind === 'written') return {kind: 'done'};
      if (answer.kind !== 'refused') report(fenceTrouble(partition.partitionId, answer));
      const there = await readFenceCopy({ports, partition, signal, report, backoff});
      if (there === 'aborted') break;
      if (isSameCommit(there?.name, commit)) return {kind: 'done'}; // only the answer was lost
      if (there?.etag !== claim.fence?.etag)
        return {kind: 'moved', cause: 'the fence was written by somebody else'};
    }
    await backoff.wait(signal);
  }
  return {kind: 'aborted'};
}

function adoptedProgress(
  {watermarks, head}: Commit,
  {owner, nowMs}: {owner: string; nowMs: number},
): Progress {
  const lagMs = head.sequenceNumber < 0 ? 0 : Math.max(0, nowMs - head.enqueuedTimeMs);
  return {watermarks, owner, nowMs, lagMs};
}

function fenceTrouble(
  partitionId: string,
  answer: {kind: string; reason?: string; cause?: string},
): Parameters<ReportTrouble>[0] {
  const cause = answer.reason ?? answer.cause ?? answer.kind;
  return {
    layer: 'Cosmos DB',
    kind: 'progress document',
    message: `The fence of partition ${partitionId} could not be written for certain (${cause}). It is read back and tried again.`,
    partitionId,
  };
}
