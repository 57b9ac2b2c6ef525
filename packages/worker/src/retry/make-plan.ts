import {decodeCommit, type SettledLetter} from '@weir/pipeline';
import {readJournal} from '../commit/write-journal.ts';
import {left} from './judge-letter.ts';
import {guardLetter, partitionJournals, type PartitionJournal, type PlacedLetter} from './letter-guard.ts';
import {onePerRecord, planRetry, type Planned} from './plan-retry.ts';
import type {RetryOptions, RetryReport} from './retry-dead-letters.ts';
import type {RetryJournalOptions} from './retry-journal.ts';
import {retryPartitionId} from './retry-partition.ts';
import type {SettledLetters} from './settled-letters.ts';

/**
 * Reads the letters, and then the journals of their partitions, and decides what becomes of each letter.
 * @param settled read before: what is settled later another retry settles, whose commit moves the journal
 */
export async function makePlan<T extends PlacedLetter>(
  options: RetryOptions<T>,
  settled: SettledLetters,
): Promise<Pick<RetryReport<T>, 'planned' | 'settledBefore'>> {
  const stored = await options.letters();
  const journals = await journalsOf(stored, options);
  const {before = [], open = []} = Object.groupBy(onePerRecord(stored, journals), (letter) =>
    settled.of(letter) === undefined ? 'open' : 'before',
  );
  const reread = await options.reread(
    open.filter((letter) => guardLetter(letter, journals.get(letter.partitionId)) === undefined),
  );
  const {assign: policy, deadlineMs, diagnostics, signal} = options;
  const {clock} = options.ports;
  const planned = await planRetry(open, {
    journals,
    reread,
    settled,
    policy,
    deadlineMs,
    diagnostics,
    clock,
    signal,
  });
  return {planned, settledBefore: before};
}

/** A retry that was cut short may have left a commit that is not marked yet. */
export async function namedByJournal({
  ports,
  source,
  signal,
  report,
}: RetryJournalOptions): Promise<readonly SettledLetter[]> {
  const partition = {...source, partitionId: retryPartitionId};
  const journal = await readJournal({ports, partition, signal, report});
  return journal?.kind === 'found' ? (decodeCommit(journal.bytes).settles ?? []) : [];
}

/** Minutes may have passed since the journals were read, and one of them may have been begun anew. */
export async function checkAgain<T extends PlacedLetter>(
  planned: readonly Planned<T>[],
  options: RetryOptions<T>,
): Promise<Planned<T>[]> {
  const wanted = planned.filter(({verdict}) => verdict.kind !== 'left').map(({letter}) => letter);
  const journals = await journalsOf(wanted, options);
  let isFewer = false;
  const checked = planned.map(({letter, verdict}) => {
    const guarded =
      verdict.kind === 'left' ? undefined : guardLetter(letter, journals.get(letter.partitionId));
    isFewer ||= guarded !== undefined;
    return {letter, verdict: guarded ?? verdict};
  });
  if (!isFewer) return checked;
  // A repeat must not be settled when the letter that it repeats may not count any more.
  const why = left('not counted', 'another dead letter of its request was to count');
  return checked.map(({letter, verdict}) => ({letter, verdict: verdict.kind === 'repeat' ? why : verdict}));
}

function journalsOf(
  letters: readonly PlacedLetter[],
  {ports, source, signal, report}: RetryJournalOptions,
): Promise<ReadonlyMap<string, PartitionJournal>> {
  const ids = new Set(letters.map(({partitionId}) => partitionId));
  const partitions = [...ids].map((partitionId) => ({...source, partitionId}));
  return partitionJournals(partitions, {ports, signal, report});
}
