import {CommitFormatError, decodeCommit, type DeadLetter, type SourcePartition} from '@weir/pipeline';
import pLimit from 'p-limit';
import {readJournal} from '../commit/write-journal.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import {left, type Left} from './judge-letter.ts';

/** A journal may take 8 MiB. */
const journalsAtATime = 8;

/** How far the journal of a partition is, as far as its dead letters go. */
export type PartitionJournal =
  | {readonly kind: 'found'; readonly lineage: string; readonly head: number}
  | {readonly kind: 'missing'}
  | {readonly kind: 'of another version'};

/** A dead letter, with the partition and the lineage of the commit that set it aside. */
export type PlacedLetter = DeadLetter & {readonly partitionId: string; readonly lineage: string};

/**
 * The journals of partitions whose letters are to be counted; to be read after the letters were ▲, so that no letter
 * seems to lie beyond a head that was read before it was written. Absent: the signal fired first.
 */
export async function partitionJournals(
  partitions: readonly SourcePartition[],
  options: {
    ports: Pick<WorkerPorts, 'journal' | 'clock' | 'random'>;
    signal: AbortSignal;
    report: ReportTrouble;
  },
): Promise<ReadonlyMap<string, PartitionJournal>> {
  const limit = pLimit(journalsAtATime);
  const journals = new Map<string, PartitionJournal>();
  const read = async (partition: SourcePartition): Promise<void> => {
    const answer = await readJournal({...options, partition});
    if (answer === undefined) return;
    journals.set(partition.partitionId, answer.kind === 'missing' ? answer : headOf(answer.bytes));
  };
  await Promise.all(partitions.map((partition) => limit(() => read(partition))));
  return journals;
}

/**
 * A worker writes a letter only after the commit that decided it stands in the journal, so what the journal's lineage has
 * passed no worker counts: up to the head the journal decides. A letter of another lineage may be of an event that was
 * read again when the journal was begun anew, and counted then by another configuration; one beyond the head will be read
 * again, because the journal was restored.
 * @returns why the letter must be left; undefined: no worker has counted it, or will
 */
export function guardLetter(letter: PlacedLetter, journal: PartitionJournal | undefined): Left | undefined {
  if (letter.reason === 'lost') {
    return left('lost', 'counted where it arrived; only its diagnostics are missing');
  }
  // By what is read today it may be a whole call; the worker has read a half, and its other half may have come.
  if (letter.reason === 'incomplete') {
    return left('half of a call', 'the other half may have come later, and counted');
  }
  switch (journal?.kind) {
    case undefined:
      return left('journal not readable', 'the journal of its partition could not be read');
    case 'missing':
      return left('journal not readable', 'the journal of its partition is gone');
    case 'of another version':
      return left('journal not readable', 'the journal of its partition is of another version');
    case 'found':
  }
  if (journal.lineage !== letter.lineage) {
    return left('journal begun anew', 'the journal was begun anew since; it may have counted');
  }
  if (letter.sequenceNumber > journal.head) {
    return left('not passed yet', 'the journal was restored; a worker will read it again');
  }
  return undefined;
}

function headOf(bytes: Uint8Array): PartitionJournal {
  try {
    const {lineage, head} = decodeCommit(bytes);
    return {kind: 'found', lineage, head: head.sequenceNumber};
  } catch (error) {
    if (error instanceof CommitFormatError) return {kind: 'of another version'};
    throw error;
  }
}
