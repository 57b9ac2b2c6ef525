import type {PartitionPipeline} from '@weir/pipeline';
import type {ApplyTogether} from '../apply/apply-together.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import type {WorkerObserver} from '../worker.ts';
import type {AppliedCommit, Committer, StepOutcome} from './committer.ts';
import {ParkedRetries} from './parked-retries.ts';
import {progressIntervalMs, type PartitionSettings} from './settings.ts';
import {partitionTroubles} from './troubles.ts';

export interface CommitLoopOptions {
  readonly ports: WorkerPorts;
  readonly settings: PartitionSettings;
  readonly partitionId: string;
  readonly pipeline: PartitionPipeline;
  readonly committer: Committer;
  /** What became of the recovered journal's commit; undefined where there was none. */
  readonly recovered: AppliedCommit | undefined;
  readonly signal: AbortSignal;
  readonly report: ReportTrouble;
  readonly observer: WorkerObserver | undefined;
  /** Another owner has the partition. */
  readonly onLost: (cause: string) => void;
  /** A bug, or a request that ended with the lease. */
  readonly onError: (error: unknown) => void;
}

/**
 * Commits what a partition's pipeline has decided, one commit after another: commit n+1 is taken only when n has been
 * applied. A tick that comes meanwhile does nothing. Without news it finds out whether the partition is still ours.
 */
export class CommitLoop {
  readonly #options: CommitLoopOptions;
  readonly #parked: ParkedRetries;
  #committing: Promise<void> | undefined;
  #isHandingOver = false;
  #owesJournal = false;
  #journalBytes = 0;
  #comparedMs = 0;
  #fenceWrittenMs = 0;
  #expired = 0;

  constructor(options: CommitLoopOptions) {
    this.#options = options;
    if (options.recovered !== undefined) this.#take(options.recovered);
    this.#parked = new ParkedRetries(options.pipeline.parked);
  }

  get isCommitting(): boolean {
    return this.#committing !== undefined;
  }

  get isHandingOver(): boolean {
    return this.#isHandingOver;
  }

  /** Whether a commit was taken that is not in the journal for certain. */
  get owesJournal(): boolean {
    return this.#owesJournal;
  }

  /** Compressed size of the last commit. */
  get journalBytes(): number {
    return this.#journalBytes;
  }

  /** Deltas whose document had gone with its retention; only ever grows. */
  get expired(): number {
    return this.#expired;
  }

  flush(together?: ApplyTogether): void {
    // The last commit must be applied before another one is written, so no tick makes one while handing over.
    if (this.#committing !== undefined || this.#isHandingOver) return;
    together?.join();
    void this.#commitAlone('as due', together);
  }

  /** The last commit of a clean stop: everything carried goes into the deltas. Waits for one under way first. */
  async handOver(): Promise<void> {
    this.#isHandingOver = true;
    await this.#committing;
    if (this.#options.signal.aborted) return;
    await this.#commitAlone('hand over', undefined);
    if (this.#options.signal.aborted) return;
    await this.#options.committer.checkpoint('now').catch(this.#options.onError);
  }

  /** Resolves when no commit is under way. */
  async idle(): Promise<void> {
    await this.#committing;
  }

  #commitAlone(carries: 'as due' | 'hand over', together: ApplyTogether | undefined): Promise<void> {
    this.#committing = this.#commit(carries, together)
      .catch(this.#options.onError)
      .finally(() => (this.#committing = undefined));
    return this.#committing;
  }

  async #commit(carries: 'as due' | 'hand over', together: ApplyTogether | undefined): Promise<void> {
    const {ports, settings, pipeline, committer, observer} = this.#options;
    const nowMs = ports.clock.now();
    const standsBehindAnEvent = !settings.startsAtTime || pipeline.head.sequenceNumber >= 0;
    const taken = standsBehindAnEvent
      ? pipeline.takeCommit({
          nowMs,
          author: ports.newId(),
          carries,
          evenIfUnchanged: this.#journalBytes >= settings.commitBytesMax,
        })
      : undefined;
    if (taken === undefined) {
      together?.leave();
      return this.#withoutNews(nowMs);
    }
    this.#owesJournal = true;
    const written = await committer.write(taken);
    this.#owesJournal = written.kind === 'aborted';
    if (!this.#goesOn(written)) return together?.leave();
    observer?.committed((ports.clock.now() - nowMs) / 1000);
    this.#journalBytes = taken.bytes.byteLength;
    const applied = await committer.apply(taken.commit, together);
    if (!this.#goesOn(applied)) return;
    this.#fenceWrittenMs = this.#comparedMs = nowMs;
    this.#observe(taken.oldest);
    this.#take(applied);
    this.#parked.replace(taken.commit.parked, nowMs);
    await this.#retryParked(nowMs);
  }

  async #withoutNews(nowMs: number): Promise<void> {
    const {settings, committer} = this.#options;
    if (nowMs - this.#fenceWrittenMs >= progressIntervalMs) {
      this.#fenceWrittenMs = this.#comparedMs = nowMs;
      if (!this.#goesOn(await committer.compareJournal())) return;
      this.#goesOn(await committer.rewriteFence());
    } else if (nowMs - this.#comparedMs >= settings.ownershipIntervalMs) {
      this.#comparedMs = nowMs;
      this.#goesOn(await committer.compareJournal());
    }
    await this.#retryParked(nowMs);
  }

  /** Deltas that were refused for good: an alarm now, slow retries, and at the bound reading stops. */
  #take({parked, expired}: AppliedCommit): void {
    this.#expired += expired;
    if (parked.length === 0) return;
    const {pipeline, partitionId, report} = this.#options;
    pipeline.park(parked.map(({entry}) => entry));
    const {entry, reason} = parked[0]!;
    report(
      partitionTroubles.parked(partitionId, entry.delta.target.id, reason, pipeline.committed.parkedDeltas),
    );
  }

  async #retryParked(nowMs: number): Promise<void> {
    const {pipeline, committer, signal} = this.#options;
    const parked = this.#parked.takeDue(nowMs);
    if (parked.length === 0) return;
    const {parked: still, expired} = await committer.retryParked(parked);
    if (signal.aborted) return;
    this.#expired += expired;
    const refused = new Set(still.map(({entry}) => entry));
    const applied = parked.filter((entry) => !refused.has(entry));
    for (const [id, deltas] of Map.groupBy(applied, ({delta}) => delta.target.id))
      pipeline.unpark(id, deltas);
  }

  #goesOn(outcome: StepOutcome): outcome is {kind: 'done'} {
    if (outcome.kind === 'lost') this.#options.onLost(outcome.cause);
    return outcome.kind === 'done';
  }

  #observe({arrivalMs, resolvedMs}: {arrivalMs: number; resolvedMs: number}): void {
    const {observer, ports} = this.#options;
    const nowMs = ports.clock.now();
    if (arrivalMs !== Infinity) observer?.applied('arrival', (nowMs - arrivalMs) / 1000);
    if (resolvedMs !== Infinity) observer?.applied('resolved', (nowMs - resolvedMs) / 1000);
  }
}
