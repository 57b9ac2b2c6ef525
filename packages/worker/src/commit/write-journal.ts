import {
  CommitFormatError,
  decodeCommit,
  type Commit,
  type JournalRead,
  type SourcePartition,
  type TakenCommit,
} from '@weir/pipeline';
import {Backoff, serviceBackoff} from '../backoff.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';

export type JournalWrite =
  | {readonly kind: 'written'; readonly etag: string}
  /** Another owner has it, or somebody deleted it: discard memory and recover. */
  | {readonly kind: 'lost'; readonly cause: string}
  /** The signal fired before it was certain. */
  | {readonly kind: 'aborted'};

/**
 * Replaces the journal by the next commit under the ETag of the one before. An answer that was lost or refused is
 * settled by reading: our author means written; the old ETag means that the very same bytes are sent again; anything
 * else means that the partition has another owner.
 */
export async function writeJournal({
  ports,
  partition,
  taken: {commit, bytes},
  etag,
  signal,
  report,
}: {
  ports: Pick<WorkerPorts, 'journal' | 'clock' | 'random'>;
  partition: SourcePartition;
  taken: TakenCommit;
  /** Of commit n-1; undefined for the first. */
  etag: string | undefined;
  signal: AbortSignal;
  report: ReportTrouble;
}): Promise<JournalWrite> {
  const backoff = new Backoff({...ports, steps: serviceBackoff});
  while (!signal.aborted) {
    const answer = await ports.journal.write(partition, {bytes, ifMatch: etag}, signal);
    if (answer.kind === 'written') return answer;
    if (answer.kind === 'unclear') {
      report({
        layer: 'Blob storage',
        kind: 'journal write',
        message: `The journal of partition ${partition.partitionId} could not be written for certain (${answer.cause}). The worker reads it back and tries again; nothing is lost.`,
        partitionId: partition.partitionId,
      });
    }
    const found = await readJournal({ports, partition, signal, report, backoff});
    if (found === undefined) break;
    if (found.kind === 'missing') {
      if (etag !== undefined) return {kind: 'lost', cause: 'the journal was deleted'};
    } else if (found.etag !== etag) {
      const there = readCommit(found.bytes);
      if (there?.author === commit.author) return {kind: 'written', etag: found.etag};
      return {
        kind: 'lost',
        cause: `another owner wrote commit ${there?.n ?? 'in a format of another version'}`,
      };
    }
    await backoff.wait(signal);
  }
  return {kind: 'aborted'};
}

/** Our own commit can always be read; what cannot is another owner's. */
function readCommit(bytes: Uint8Array): Commit | undefined {
  try {
    return decodeCommit(bytes);
  } catch (error) {
    if (error instanceof CommitFormatError) return undefined;
    throw error;
  }
}

/** Asks until there is an answer; undefined when the signal fired first. */
export async function readJournal({
  ports,
  partition,
  signal,
  report,
  backoff = new Backoff({...ports, steps: serviceBackoff}),
}: {
  ports: Pick<WorkerPorts, 'journal' | 'clock' | 'random'>;
  partition: SourcePartition;
  signal: AbortSignal;
  report: ReportTrouble;
  backoff?: Backoff;
}): Promise<Exclude<JournalRead, {kind: 'unavailable'}> | undefined> {
  while (!signal.aborted) {
    const answer = await ports.journal.read(partition, signal);
    if (answer.kind !== 'unavailable') return answer;
    report({
      layer: 'Blob storage',
      kind: 'journal read',
      message: `The journal of partition ${partition.partitionId} could not be read (${answer.cause}). The worker tries again.`,
      partitionId: partition.partitionId,
    });
    await backoff.wait(signal, answer.retryAfterMs);
  }
  return undefined;
}
