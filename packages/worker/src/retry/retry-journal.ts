import {
  encodeCommit,
  Fold,
  noneOpen,
  startMark,
  type AggregateDelta,
  type Commit,
  type DeltaMap,
  type DiagnosticsRow,
  type Finding,
  type GatewayEvent,
  type ParkedDelta,
  type RetentionMs,
  type SettledLetter,
  type ShardedView,
  type SourcePartition,
  type TakenCommit,
} from '@weir/pipeline';
import {DocumentWriter} from '../apply/document-writer.ts';
import {Backoff, serviceBackoff} from '../backoff.ts';
import {Committer, type AppliedCommit, type StepOutcome} from '../partition/committer.ts';
import type {WorkerPorts} from '../ports.ts';
import {readClaim} from '../recover/claim.ts';
import {judgeClaim} from '../recover/judge-claim.ts';
import type {ReportTrouble} from '../trouble.ts';
import {retryPartitionId} from './retry-partition.ts';
import type {SettledLetters, SettledLetterStore} from './settled-letters.ts';

/** In one commit: some 100 kB of names, and at most 1 MB of deltas. */
export const lettersPerCommitMax = 1_000;
/**
 * The watermark of a partition that never holds a report back: no event of it is still to come. The last ms that every
 * reader of ISO 8601 knows.
 */
const nothingToComeMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A dead letter that is settled, with its event where it counts. */
export interface RetriedLetter {
  readonly settles: SettledLetter;
  /** Absent for a repeat, and for what the documents hold already. `row` undefined: unmatched. */
  readonly counts?: {
    readonly event: GatewayEvent;
    /** The assigned time, ms. */
    readonly eventTimeMs: number;
    readonly row: DiagnosticsRow | undefined;
  };
}

export interface RetryJournalOptions {
  readonly ports: WorkerPorts;
  readonly settled: SettledLetterStore;
  readonly source: Omit<SourcePartition, 'partitionId'>;
  /** ISO 8601. */
  readonly hubCreatedAt: string;
  readonly views: readonly ShardedView[];
  readonly retentionMs: RetentionMs;
  /** Documents with refused deltas, at which nothing more is counted. */
  readonly parkedDocumentsMax: number;
  /** Stands in the fence. */
  readonly owner: string;
  readonly signal: AbortSignal;
  readonly report: ReportTrouble;
}

/**
 * Letters are marked as those of commit `marked`, which the journal at commit `n` has not come to (or, where both are
 * the same, other letters under its own number): it was restored from an older copy. Its next numbers were given before,
 * and documents and marks that have them would not take what comes under them. See docs/recovery.md.
 */
export interface OlderCopy {
  readonly kind: 'older copy';
  readonly n: number;
  readonly marked: number;
}

export type RetryClaim =
  | {readonly kind: 'claimed'; readonly journal: RetryJournal}
  | {readonly kind: 'stopped'; readonly finding: Finding}
  /** Another retry is at work. */
  | {readonly kind: 'moved'; readonly cause: string}
  | OlderCopy
  | {readonly kind: 'aborted'};

export type RetryCommitEnd =
  | {readonly kind: 'done'; readonly expired: number}
  /** Another retry is at work. `journal` tells whether the commit stands in the journal: then that one finishes it. */
  | {readonly kind: 'moved'; readonly cause: string; readonly journal: 'written' | 'not written'}
  | OlderCopy
  /** The next retry finishes it if it was written. */
  | {readonly kind: 'aborted'};

/**
 * The journal of the retry partition, through which dead letters are counted once: each commit names those it settles.
 * A claim finishes the last commit: it applies it again and marks its letters in storage, because the next commit
 * replaces the only other place that names them. What is still to be settled must be read after the claim ▲: then every
 * commit up to the claimed one is marked, and a later one makes the next write fail on its ETag.
 */
export class RetryJournal {
  readonly #options: RetryJournalOptions;
  readonly #partition: SourcePartition;
  readonly #committer: Committer;
  #last: Commit | undefined;
  #parked: readonly ParkedDelta[] = [];
  /** Documents had gone with their retention, of the commit that the claim finished. */
  #expired = 0;

  private constructor(
    options: RetryJournalOptions,
    {
      partition,
      committer,
      last,
    }: {partition: SourcePartition; committer: Committer; last: Commit | undefined},
  ) {
    this.#options = options;
    this.#partition = partition;
    this.#committer = committer;
    this.#last = last;
  }

  /** @throws {CommitFormatError}, {ClaimAbortedError} */
  static async claim(options: RetryJournalOptions): Promise<RetryClaim> {
    const {ports, source, signal, report, owner} = options;
    const partition = {...source, partitionId: retryPartitionId};
    const common = {ports, partition, signal, report};
    const claim = await readClaim(common);
    // Its commits hold no positions, so a hub that was made again takes nothing from them.
    const hubCreatedAt = claim.journal?.commit.hubCreatedAt ?? options.hubCreatedAt;
    const judged = await judgeClaim({...common, claim, hubCreatedAt});
    if (judged.kind === 'stop') return {kind: 'stopped', finding: judged.finding};
    if (judged.kind === 'moved') return {kind: 'moved', cause: 'its journal moved while it was read'};
    const {journal, fence} = judged.claim;
    const committer = new Committer({
      // There is no position that reading could resume behind.
      ports: {...ports, checkpoints: {write: async () => ({kind: 'written'})}},
      partition,
      writer: new DocumentWriter(options),
      signal,
      report,
      progress: () => ({
        watermarks: {arrivalMs: nothingToComeMs, resolvedMs: nothingToComeMs},
        lagMs: 0,
        owner,
        nowMs: ports.clock.now(),
      }),
      recovered: {etag: journal?.etag, fence},
    });
    const last = journal?.commit;
    const claimed = new RetryJournal(options, {partition, committer, last});
    if (last === undefined) return {kind: 'claimed', journal: claimed};
    // The claim's ETag still stands, or the apply below would repeat a commit that is no longer the last one.
    const compared = await committer.compareJournal();
    if (compared.kind !== 'done') return moved(compared);
    const end = await claimed.#finish(last);
    if (end.kind === 'older copy') return end;
    return end.kind === 'done' ? {kind: 'claimed', journal: claimed} : moved(end);
  }

  /**
   * Looks for marks of commits behind the last one; to be called before anything is counted. The journal's fence tells of
   * an older copy as well, but not where it was adopted, or where the documents were restored to the same moment.
   * @param settled read after the claim
   */
  async compareMarks(
    settled: SettledLetters,
  ): Promise<{kind: 'done'} | Exclude<RetryClaim, {kind: 'claimed' | 'stopped'}>> {
    const last = this.#last;
    const marked = last === undefined ? 0 : settled.lastMarkedOf(last.lineage);
    if (last === undefined || marked <= last.n) return {kind: 'done'};
    const compared = await this.#committer.compareJournal();
    return compared.kind === 'done' ? {kind: 'older copy', n: last.n, marked} : moved(compared);
  }

  /** Deltas that Cosmos DB refuses, documents of them: they wait here, and every retry tries them again. */
  get parkedDocuments(): number {
    return new Set(this.#parked.map(({delta}) => delta.target.id)).size;
  }

  get mayCount(): boolean {
    return this.parkedDocuments < this.#options.parkedDocumentsMax;
  }

  /** Settles these letters: one commit, at most {@link lettersPerCommitMax} of them, each record once. */
  async settle(letters: readonly RetriedLetter[]): Promise<RetryCommitEnd> {
    const commit = this.#next(letters);
    const taken: TakenCommit = {commit, bytes: encodeCommit(commit)};
    const written = await this.#committer.write(taken);
    if (written.kind === 'lost') return {kind: 'moved', cause: written.cause, journal: 'not written'};
    if (written.kind === 'aborted') return written;
    this.#last = commit;
    const end = await this.#finish(commit);
    if (end.kind === 'lost') return {kind: 'moved', cause: end.cause, journal: 'written'};
    return end.kind === 'done' ? {kind: 'done', expired: this.#expired} : end;
  }

  /** A last commit that owes nothing and names nothing, so that a journal at rest holds up nobody who reads it. */
  async close(): Promise<RetryCommitEnd> {
    const last = this.#last;
    const owes = last !== undefined && (last.deltas.length > 0 || (last.settles ?? []).length > 0);
    const isParkedListed = last?.parked.length === this.#parked.length;
    return last === undefined || (!owes && isParkedListed) ? {kind: 'done', expired: 0} : this.settle([]);
  }

  /** Applies a commit, and those deltas that were refused before; then marks its letters. */
  async #finish(commit: Commit): Promise<StepOutcome | OlderCopy> {
    const applied = await this.#committer.apply(commit);
    if (applied.kind !== 'done') return applied;
    const again: AppliedCommit = await this.#committer.retryParked(commit.parked);
    if (this.#options.signal.aborted) return {kind: 'aborted'};
    this.#parked = [...again.parked, ...applied.parked].map(({entry}) => entry);
    this.#expired = again.expired + applied.expired;
    return this.#mark(commit);
  }

  async #mark({lineage, n, settles = []}: Commit): Promise<StepOutcome | OlderCopy> {
    const {ports, settled, signal, report} = this.#options;
    const backoff = new Backoff({...ports, steps: serviceBackoff});
    while (settles.length > 0) {
      if (signal.aborted) return {kind: 'aborted'};
      const answer = await settled.write(this.#partition, {lineage, n, letters: settles}, signal);
      if (answer.kind === 'written') break;
      if (answer.kind === 'differs') return {kind: 'older copy', n, marked: n};
      report({
        layer: 'Blob storage',
        kind: 'settled letters',
        message: `The names of the dead letters that were counted could not be written (${answer.cause}). It is tried again; they stand in the journal meanwhile.`,
        partitionId: retryPartitionId,
      });
      await backoff.wait(signal, answer.retryAfterMs);
    }
    return {kind: 'done'};
  }

  #next(letters: readonly RetriedLetter[]): Commit {
    const {ports, hubCreatedAt, views} = this.#options;
    const lineage = this.#last?.lineage ?? ports.newId();
    const n = (this.#last?.n ?? 0) + 1;
    const parkedIds = new Set(this.#parked.map(({delta}) => delta.target.id));
    const {queue = [], now = []} = Object.groupBy(deltasOf(letters, views), ({target}) =>
      parkedIds.has(target.id) ? 'queue' : 'now',
    );
    return {
      lineage,
      n,
      author: ports.newId(),
      hubCreatedAt,
      head: startMark,
      frontier: startMark,
      resume: startMark,
      open: noneOpen,
      deltas: now,
      carry: [],
      // Later deltas of a refused document queue behind it, under their own number.
      parked: [...this.#parked, ...queue.map((delta) => ({lineage, n, delta}))],
      deadLetters: [],
      settles: letters.map(({settles}) => settles),
      watermarks: {arrivalMs: nothingToComeMs, resolvedMs: nothingToComeMs},
    };
  }
}

function deltasOf(letters: readonly RetriedLetter[], views: readonly ShardedView[]): AggregateDelta[] {
  const fold = new Fold(views);
  for (const {counts} of letters) {
    if (counts === undefined) continue;
    fold.arrived(counts.event, counts.eventTimeMs);
    fold.resolved(counts.event, counts.eventTimeMs, counts.row);
  }
  const deltas: DeltaMap = new Map();
  fold.take(deltas);
  return [...deltas.values()];
}

function moved(
  outcome: Exclude<StepOutcome, {kind: 'done'}>,
): {kind: 'moved'; cause: string} | {kind: 'aborted'} {
  return outcome.kind === 'lost' ? {kind: 'moved', cause: outcome.cause} : outcome;
}
