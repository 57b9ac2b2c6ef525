import {decodeCommit, type Commit, type Position, type SourcePartition} from '@weir/pipeline';
import {readFenceCopy, type FenceCopy} from '../commit/pass-fence.ts';
import {readJournal} from '../commit/write-journal.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';

/** What a claim read: recovery starts from exactly this, so that nothing is received from elsewhere. */
export interface Claim {
  /** Read before the journal: the other way round a commit in between would look like a restored journal. */
  readonly fence: FenceCopy | undefined;
  readonly journal: {readonly etag: string; readonly commit: Commit} | undefined;
}

/** The signal fired before fence and journal could be read. */
export class ClaimAbortedError extends Error {
  readonly code = 'CLAIM_ABORTED';
}

/**
 * Reads the fence, then the journal.
 * @throws {ClaimAbortedError}
 * @throws {CommitFormatError} for a journal of another version: the partition is left alone
 */
export async function readClaim({
  ports,
  partition,
  signal,
  report,
}: {
  ports: Pick<WorkerPorts, 'journal' | 'progress' | 'clock' | 'random'>;
  partition: SourcePartition;
  signal: AbortSignal;
  report: ReportTrouble;
}): Promise<Claim> {
  const fence = await readFenceCopy({ports, partition, signal, report});
  const journal = fence === 'aborted' ? undefined : await readJournal({ports, partition, signal, report});
  if (fence === 'aborted' || journal === undefined) {
    throw new ClaimAbortedError(
      `Fence and journal of partition ${partition.partitionId} could not be read in time.`,
    );
  }
  if (journal.kind === 'missing') return {fence, journal: undefined};
  return {fence, journal: {etag: journal.etag, commit: decodeCommit(journal.bytes)}};
}

/**
 * Where reading starts: behind the journal's resume position; undefined where the configured start applies. A journal
 * that began at a time and has no position of its own yet starts at that time again: the log may be much longer.
 */
export function startOf({journal}: Claim, {startsAtTime}: {startsAtTime: boolean}): Position | undefined {
  if (journal === undefined) return undefined;
  const {sequenceNumber, offset} = journal.commit.resume;
  return sequenceNumber < 0 && startsAtTime ? undefined : {sequenceNumber, offset};
}
