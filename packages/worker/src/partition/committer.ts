import {
  stateAppliedKey,
  type Commit,
  type ParkedDelta,
  type Progress,
  type SourcePartition,
  type TakenCommit,
  grainMs,
} from '@weir/pipeline';
import type {ApplyTogether} from '../apply/apply-together.ts';
import type {DocumentWriter} from '../apply/document-writer.ts';
import {Backoff, serviceBackoff} from '../backoff.ts';
import {passFence, type FenceCopy} from '../commit/pass-fence.ts';
import {writeJournal} from '../commit/write-journal.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import {checkpointIntervalMs} from './settings.ts';

/** How one step of the protocol ended for the partition. */
export type StepOutcome =
  | {readonly kind: 'done'}
  /** Somebody else has the partition: discard memory and recover. */
  | {readonly kind: 'lost'; readonly cause: string}
  | {readonly kind: 'aborted'};

export interface AppliedCommit {
  /** Refused for good by Cosmos DB; they go with the next commits. */
  readonly parked: readonly {readonly entry: ParkedDelta; readonly reason: string}[];
  /** Deltas whose document had gone with its retention. */
  readonly expired: number;
}

const done: StepOutcome = {kind: 'done'};

/**
 * Takes the commits of one partition through write, fence, apply, dead letters and checkpoint, in this order. Knows
 * the journal's ETag and the fence; commit n+1 must not come before n has been applied.
 */
export class Committer {
  readonly #ports: WorkerPorts;
  readonly #partition: SourcePartition;
  readonly #writer: DocumentWriter;
  readonly #signal: AbortSignal;
  readonly #report: ReportTrouble;
  readonly #progress: () => Progress;
  #etag: string | undefined;
  #fence: FenceCopy | undefined;
  #last: Pick<Commit, 'lineage' | 'n' | 'author' | 'head' | 'frontier' | 'follows' | 'resume'> | undefined;
  #checkpointedMs = -Infinity;

  constructor(options: {
    ports: WorkerPorts;
    partition: SourcePartition;
    writer: DocumentWriter;
    signal: AbortSignal;
    report: ReportTrouble;
    progress: () => Progress;
    recovered: {etag: string | undefined; fence: FenceCopy | undefined};
  }) {
    this.#ports = options.ports;
    this.#partition = options.partition;
    this.#writer = options.writer;
    this.#signal = options.signal;
    this.#report = options.report;
    this.#progress = options.progress;
    this.#etag = options.recovered.etag;
    this.#fence = options.recovered.fence;
  }

  async write(taken: TakenCommit): Promise<StepOutcome> {
    const written = await writeJournal({
      ports: this.#ports,
      partition: this.#partition,
      taken,
      etag: this.#etag,
      signal: this.#signal,
      report: this.#report,
    });
    if (written.kind !== 'written') return written;
    this.#etag = written.etag;
    return done;
  }

  /** @param together undefined: this commit is applied by itself (recovery, shutdown) */
  async apply(
    commit: Commit,
    together?: ApplyTogether,
  ): Promise<(AppliedCommit & {kind: 'done'}) | Exclude<StepOutcome, {kind: 'done'}>> {
    const passed = await this.#passFence(commit);
    if (passed.kind !== 'done') {
      together?.leave();
      return passed;
    }
    const {lineage, n, author, head, frontier, resume, follows} = commit;
    this.#last = {lineage, n, author, head, frontier, resume, ...(follows !== undefined && {follows})};
    await together?.arrive();
    const applied = await this.#applyDeltas(
      commit.deltas.map((delta) => ({lineage: commit.lineage, n: commit.n, delta})),
    );
    if (this.#signal.aborted) return {kind: 'aborted'};
    await this.#writeDeadLetters(commit);
    if (this.#signal.aborted) return {kind: 'aborted'};
    await this.checkpoint('when due');
    return {kind: 'done', ...applied};
  }

  /** Tries once more to write deltas that were refused; those of one document go in one write. */
  retryParked(parked: readonly ParkedDelta[]): Promise<AppliedCommit> {
    return this.#applyDeltas(parked);
  }

  /** Rewrites the fence with the last commit, so that reports see a quiet partition's watermarks. */
  async rewriteFence(): Promise<StepOutcome> {
    return this.#last === undefined ? done : await this.#passFence(this.#last);
  }

  /** An owner with nothing to commit finds out here that another one has. */
  async compareJournal(): Promise<StepOutcome> {
    const answer = await this.#ports.journal.etag(this.#partition, this.#signal);
    if (answer.kind === 'unavailable') {
      this.#report({
        layer: 'Blob storage',
        kind: 'journal read',
        message: `Blob storage does not tell whether the journal of partition ${this.#partition.partitionId} is still ours (${answer.cause}). The worker asks again; nothing is written meanwhile without that being certain.`,
        partitionId: this.#partition.partitionId,
      });
      return done;
    }
    if (answer.kind === 'missing') {
      return this.#etag === undefined ? done : {kind: 'lost', cause: 'the journal was deleted'};
    }
    if (answer.etag === this.#etag) return done;
    return {kind: 'lost', cause: 'the journal was written by another owner'};
  }

  /** Tells tools where reading would resume. A failure costs nothing: the journal decides. */
  async checkpoint(when: 'when due' | 'now'): Promise<void> {
    const nowMs = this.#ports.clock.now();
    if (this.#last === undefined || this.#last.resume.sequenceNumber < 0) return;
    if (when === 'when due' && nowMs - this.#checkpointedMs < checkpointIntervalMs) return;
    this.#checkpointedMs = nowMs;
    const answer = await this.#ports.checkpoints.write(this.#partition, this.#last.resume, this.#signal);
    if (answer.kind === 'written') return;
    this.#report({
      layer: 'Blob storage',
      kind: 'checkpoint',
      message: `The checkpoint of partition ${this.#partition.partitionId} could not be written (${answer.cause}). It is only a hint for tools and KEDA; the next one comes in 30 s.`,
      partitionId: this.#partition.partitionId,
    });
  }

  async #passFence(
    commit: Pick<Commit, 'lineage' | 'n' | 'author' | 'head' | 'frontier' | 'follows'>,
  ): Promise<StepOutcome> {
    const pass = await passFence({
      ports: this.#ports,
      partition: this.#partition,
      commit,
      progress: this.#progress,
      copy: this.#fence,
      signal: this.#signal,
      report: this.#report,
    });
    if (pass.kind === 'aborted') return pass;
    if (pass.kind === 'stale')
      return {
        kind: 'lost',
        cause:
          pass.fence === undefined
            ? 'its progress document is gone'
            : `the fence stands at commit ${pass.fence.n} of another owner`,
      };
    this.#fence = pass.copy;
    return done;
  }

  async #applyDeltas(entries: readonly ParkedDelta[]): Promise<AppliedCommit> {
    // Finest grain first: when a shutdown runs out of time, the documents people look at now are up to date.
    const ordered = [...entries].sort(
      (a, b) => grainMs[a.delta.target.grain] - grainMs[b.delta.target.grain],
    );
    const results = await Promise.all(
      ordered.map(async (entry) => {
        const {lineage, n, delta} = entry;
        const contribution = {source: stateAppliedKey(this.#partition, lineage), n, delta};
        return {entry, applied: await this.#writer.add(delta.target, contribution, this.#signal)};
      }),
    );
    return {
      parked: results.flatMap(({entry, applied}) =>
        applied.kind === 'parked' ? [{entry, reason: applied.reason}] : [],
      ),
      expired: results.filter(({applied}) => applied.kind === 'expired').length,
    };
  }

  async #writeDeadLetters({lineage, n, deadLetters}: Commit): Promise<void> {
    if (deadLetters.length === 0) return;
    const backoff = new Backoff({...this.#ports, steps: serviceBackoff});
    const bytes = Buffer.from(deadLetters.map((letter) => JSON.stringify(letter)).join('\n') + '\n');
    while (!this.#signal.aborted) {
      const answer = await this.#ports.deadLetters.write(this.#partition, {lineage, n, bytes}, this.#signal);
      if (answer.kind === 'written') return;
      this.#report({
        layer: 'Blob storage',
        kind: 'dead letters',
        message: `Dead letters of partition ${this.#partition.partitionId} could not be written (${answer.cause}). The worker tries again; they stand in the journal meanwhile.`,
        partitionId: this.#partition.partitionId,
      });
      await backoff.wait(this.#signal, answer.retryAfterMs);
    }
  }
}
