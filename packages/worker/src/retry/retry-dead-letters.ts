import {type AssignPolicy, type DiagnosticsSource, type Finding, type SettledLetter} from '@weir/pipeline';
import type {Reread} from './judge-letter.ts';
import type {PlacedLetter} from './letter-guard.ts';
import {checkAgain, makePlan, namedByJournal} from './make-plan.ts';
import type {Planned} from './plan-retry.ts';
import {
  lettersPerCommitMax,
  RetryJournal,
  type OlderCopy,
  type RetriedLetter,
  type RetryCommitEnd,
  type RetryJournalOptions,
} from './retry-journal.ts';
import {letterKey, requestIdHashOf, SettledLetters} from './settled-letters.ts';

export interface RetryOptions<T extends PlacedLetter> extends RetryJournalOptions {
  readonly assign: AssignPolicy;
  /** `join.deadline`. */
  readonly deadlineMs: number;
  readonly diagnostics: DiagnosticsSource;
  /** `settle only`: a replay has put them into the documents, so they are settled and add nothing. */
  readonly mode: 'count' | 'settle only' | 'dry run';
  /** At most {@link lettersPerCommitMax}, the default. */
  readonly lettersPerCommit?: number;
  /** The chosen dead letters as storage has them now, settled ones among them; asked once. */
  readonly letters: () => Promise<readonly T[]>;
  /** Reads their records again, by {@link letterKey}: one for each letter. */
  readonly reread: (letters: readonly T[]) => Promise<ReadonlyMap<string, Reread>>;
  /** Shows what each letter becomes, before anything of it is written. */
  readonly confirm: (planned: readonly Planned<T>[]) => Promise<'yes' | 'no' | 'cannot ask'>;
}

/** What came of a retry. */
export interface RetryReport<T extends PlacedLetter> {
  readonly kind: 'done' | 'dry run' | 'not confirmed' | 'cannot ask' | 'cut short';
  readonly planned: readonly Planned<T>[];
  /** By {@link letterKey}: what this retry has settled for certain. */
  readonly settled: ReadonlySet<string>;
  /** Chosen records that an earlier retry had settled. */
  readonly settledBefore: readonly T[];
  /** Deltas whose documents had gone with their retention. */
  readonly expired: number;
  /** Documents that Cosmos DB refuses for good; what they are to get waits in the retry journal. */
  readonly parkedDocuments: number;
  /** Why it was cut short. */
  readonly cause?: string;
}

export type RetryEnd<T extends PlacedLetter> =
  | RetryReport<T>
  | {readonly kind: 'stopped'; readonly finding: Finding}
  | {readonly kind: 'moved'; readonly cause: string}
  | OlderCopy
  | {readonly kind: 'aborted'};

/**
 * Counts dead letters that are events now, each once whatever fails. The order is what makes it so: the retry journal is
 * claimed, which finishes its last commit; then it is read what is settled ▲, and then the letters; then the journals of
 * their partitions ▲. Each commit is marked before the next one replaces it.
 * @throws what `letters` and `reread` throw; {TooManySettledError}, {ClaimAbortedError}, {CommitFormatError}
 */
export async function retryDeadLetters<T extends PlacedLetter>(
  options: RetryOptions<T>,
): Promise<RetryEnd<T>> {
  if (options.mode === 'dry run') {
    const named = await namedByJournal(options);
    const settled = await SettledLetters.read(options.settled, options.source, options.signal);
    settled.add(named);
    const plan = await makePlan(options, settled);
    return {kind: 'dry run', ...plan, ...nothingDone};
  }
  const claim = await RetryJournal.claim(options);
  if (claim.kind !== 'claimed') return claim;
  const {journal} = claim;
  const marked = await SettledLetters.read(options.settled, options.source, options.signal);
  const compared = await journal.compareMarks(marked);
  if (compared.kind !== 'done') return compared;
  const {planned, settledBefore} = await makePlan(options, marked);
  const isWanted = planned.some(({verdict}) => verdict.kind !== 'left');
  const answer = isWanted ? await options.confirm(planned) : 'yes';
  if (answer !== 'yes') {
    const kind = answer === 'no' ? 'not confirmed' : answer;
    return {kind, planned, settledBefore, ...nothingDone, parkedDocuments: journal.parkedDocuments};
  }
  const settled = new Set<string>();
  const checked = isWanted ? await checkAgain(planned, options) : planned;
  const end = await settleAll(journal, {planned: checked, settled, options});
  if (end.kind === 'aborted') return end;
  return {
    ...end,
    planned: checked,
    settledBefore,
    settled,
    parkedDocuments: journal.parkedDocuments,
  };
}

const nothingDone = {settled: new Set<string>(), expired: 0, parkedDocuments: 0} as const;

async function settleAll<T extends PlacedLetter>(
  journal: RetryJournal,
  {
    planned,
    settled,
    options,
  }: {planned: readonly Planned<T>[]; settled: Set<string>; options: RetryOptions<T>},
): Promise<Pick<RetryReport<T>, 'kind' | 'expired' | 'cause'> | {kind: 'aborted'}> {
  const settledMs = options.ports.clock.now();
  const letters = planned.flatMap(({letter, verdict}) =>
    verdict.kind === 'left' ? [] : [retried(letter, verdict, {settledMs, ...options})],
  );
  const {lettersPerCommit = lettersPerCommitMax} = options;
  let expired = 0;
  for (let at = 0; at < letters.length; at += lettersPerCommit) {
    if (!journal.mayCount) {
      return {kind: 'cut short', expired, cause: 'Cosmos DB refuses too many documents for good'};
    }
    const some = letters.slice(at, at + lettersPerCommit);
    const end = await journal.settle(some);
    if (end.kind === 'aborted') return end;
    if (end.kind !== 'done') return {kind: 'cut short', expired, cause: causeOf(end)};
    expired += end.expired;
    for (const {settles} of some) settled.add(letterKey(settles));
  }
  const closed = await journal.close();
  // Everything is counted; whoever else is at work closes the journal.
  return closed.kind === 'aborted' ? closed : {kind: 'done', expired};
}

function retried(
  letter: PlacedLetter,
  verdict: Exclude<Planned<PlacedLetter>['verdict'], {kind: 'left'}>,
  {settledMs, mode}: {settledMs: number; mode: RetryOptions<PlacedLetter>['mode']},
): RetriedLetter {
  const {partitionId, sequenceNumber, index, enqueuedTimeMs} = letter;
  const requestIdHash = requestIdHashOf(verdict.event);
  const settles: SettledLetter = {
    partitionId,
    sequenceNumber,
    index,
    enqueuedTimeMs,
    as: verdict.kind === 'counts' ? 'counted' : 'repeat',
    ...(requestIdHash !== undefined && {requestIdHash}),
    settledMs,
  };
  return verdict.kind === 'counts' && mode === 'count' ? {settles, counts: verdict} : {settles};
}

function causeOf(end: Exclude<RetryCommitEnd, {kind: 'done' | 'aborted'}>): string {
  if (end.kind === 'older copy') return `other letters are marked as those of commit ${end.n}`;
  const {cause, journal} = end;
  return journal === 'written'
    ? `another retry is at work and finishes what this one began (${cause})`
    : `another retry is at work (${cause})`;
}
