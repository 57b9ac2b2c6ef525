import {
  deadLettersPendingMax,
  describeFinding,
  type DecodedAhead,
  type Finding,
  type LookupJoin,
  type PartitionPipeline,
  type ReceivedEvent,
  type SequenceGap,
} from '@weir/pipeline';
import type {PartitionLease} from '@weir/azure';
import type {ApplyTogether} from '../apply/apply-together.ts';
import type {DocumentWriter} from '../apply/document-writer.ts';
import type {WorkerPorts} from '../ports.ts';
import {ClaimAbortedError} from '../recover/claim.ts';
import {recoverPartition} from '../recover/recover-partition.ts';
import type {ReportTrouble} from '../trouble.ts';
import type {WorkerObserver} from '../worker.ts';
import {CommitLoop} from './commit-loop.ts';
import type {GapMemory} from './gap-memory.ts';
import {deltaBytes, stoppedCheckMs, type PartitionSettings} from './settings.ts';
import {partitionTroubles, type PauseReason} from './troubles.ts';

export type {PauseReason} from './troubles.ts';

export interface PartitionSessionOptions {
  readonly ports: WorkerPorts;
  readonly settings: PartitionSettings;
  readonly lease: PartitionLease;
  readonly join: LookupJoin;
  readonly writer: DocumentWriter;
  readonly report: ReportTrouble;
  readonly observer: WorkerObserver | undefined;
  /** Shared by a worker's sessions. */
  readonly gaps: GapMemory;
  /** Reading begins: rows for these events have to be looked for from here on. */
  readonly onReadable: (oldestEnqueuedTimeMs: number) => void;
}

export type SessionState = 'recovering' | 'running' | 'stopped' | 'ended';

const pausePollMs = 100;
/** A refused document gets a further delta with each of its refreshes. */
const deltasPerParked = 10;

/**
 * One owned partition, from the claim to its end. Recovers from what the claim read, then reads: each batch goes
 * through the pipeline in one synchronous step, and on the worker's flush ticks what was decided is committed and
 * applied while reading goes on. When it is lost, everything in memory is discarded.
 */
export class PartitionSession {
  readonly partitionId: string;
  readonly #options: PartitionSessionOptions;
  readonly #signal: AbortSignal;
  readonly #stop = new AbortController();
  #state: SessionState = 'recovering';
  #pipeline: PartitionPipeline | undefined;
  #commits: CommitLoop | undefined;
  #finding: Finding | undefined;
  #pause: PauseReason | undefined;
  #isCaughtUp = false;
  /** The first sequence number that could still be read when the partition was recovered. */
  #hubBeginsAt = 0;
  #hasRead = false;
  #evicted = 0;

  constructor(options: PartitionSessionOptions) {
    this.#options = options;
    this.partitionId = options.lease.partition.partitionId;
    this.#signal = AbortSignal.any([options.lease.signal, this.#stop.signal]);
  }

  get state(): SessionState {
    return this.#state;
  }

  get pipeline(): PartitionPipeline | undefined {
    return this.#pipeline;
  }

  get pause(): PauseReason | undefined {
    return this.#pause;
  }

  /** What a stopped partition found, as a sentence for a person. */
  get stoppedBecause(): string | undefined {
    return this.#finding && describeFinding(this.#finding, this.partitionId);
  }

  /** Nothing is open, undecided, uncommitted or unwritten. */
  get isSettled(): boolean {
    const pipeline = this.#pipeline;
    if (this.#state !== 'running' || pipeline === undefined || this.#commits?.isCommitting === true)
      return false;
    const {carryCount, parkedCount} = pipeline.committed;
    return (
      pipeline.openCount + pipeline.pendingDeltas + pipeline.deadLettersPending + carryCount + parkedCount ===
      0
    );
  }

  get stopReason(): Finding['kind'] | undefined {
    return this.#finding?.kind;
  }

  get totals(): {expired: number; journalBytes: number} {
    return {expired: this.#commits?.expired ?? 0, journalBytes: this.#commits?.journalBytes ?? 0};
  }

  /** How far reading is behind, ms: 0 once the partition was read to its end. */
  lagMs(nowMs: number): number {
    if (this.#isCaughtUp || this.#pipeline === undefined || this.#pipeline.head.sequenceNumber < 0) return 0;
    return Math.max(0, nowMs - this.#pipeline.head.enqueuedTimeMs);
  }

  /** Up to when this partition's events are in memory, by their enqueued time: the feed need not look further. */
  readUntilMs(nowMs: number): number {
    if (this.#pipeline === undefined) return 0;
    return this.#isCaughtUp ? nowMs : this.#pipeline.readUntilMs;
  }

  /** Ends when the lease does, and never rejects. */
  async run(): Promise<void> {
    try {
      const batches = this.#options.lease.batches()[Symbol.asyncIterator]();
      // The first batch proves that the link is open; it is kept until recovery has ended.
      const first = await batches.next();
      if (first.done === true || !(await this.#recover(first.value))) return;
      this.#state = 'running';
      for (
        let batch: IteratorResult<readonly ReceivedEvent[]> = first;
        batch.done !== true;
        batch = await batches.next()
      ) {
        if (this.#signal.aborted || !(await this.#read(batch.value))) break;
        await this.#untilReadable();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      await this.#end();
    }
  }

  /** Commits and applies what was decided since the last commit, unless one is still under way. */
  flush(together?: ApplyTogether): void {
    if (this.#state === 'running') this.#commits?.flush(together);
  }

  /** The last commit of a clean stop: reading ends, and everything carried goes into the deltas. */
  async handOver(): Promise<void> {
    if (this.#state === 'running') await this.#commits?.handOver();
  }

  /** Whether a commit was taken that is not in the journal for certain. */
  get owesJournal(): boolean {
    return this.#commits?.owesJournal ?? false;
  }

  /**
   * All in one step, unless something was said whose tokens are to be estimated.
   * @returns whether to go on reading
   */
  async #read(events: readonly ReceivedEvent[]): Promise<boolean> {
    const pipeline = this.#pipeline!;
    const {ports, report} = this.#options;
    if (events.length === 0) {
      this.#isCaughtUp = !pipeline.isRereading;
      pipeline.idle(ports.clock.now());
      return true;
    }
    this.#isCaughtUp = false;
    if (!this.#hasRead) {
      this.#hasRead = true;
      this.#options.onReadable(events[0]!.enqueuedTimeMs);
    }
    const wasRereading = pipeline.isRereading;
    const letterBefore = pipeline.lastDeadLetter;
    pipeline.passTime(ports.clock.now());
    let stop = pipeline.receiveUpToTexts(events);
    while (stop !== undefined) {
      const goesOn = stop.kind === 'gap' ? this.#acceptGap(stop.gap) : await this.#estimate(stop.ahead);
      if (!goesOn) return false;
      stop = pipeline.receiveUpToTexts(events, stop);
    }
    if (wasRereading && !pipeline.isRereading) this.#reportLost(pipeline, 0);
    this.#reportEvicted(pipeline);
    const letter = pipeline.lastDeadLetter;
    if (letter !== undefined && letter !== letterBefore)
      report(partitionTroubles.setAside(this.partitionId, letter));
    return true;
  }

  /**
   * Commits are taken meanwhile, of what was read before.
   * @returns false when the partition was lost, or its last commit taken: what is read afterwards is its next owner's
   */
  async #estimate(ahead: DecodedAhead): Promise<boolean> {
    const {clock, estimator} = this.#options.ports;
    ahead.takeCounts((await estimator?.estimate(ahead.texts, this.#signal)) ?? []);
    if (this.#commits!.isHandingOver) await this.#untilReadable();
    this.#pipeline!.passTime(clock.now());
    return !this.#signal.aborted;
  }

  #reportEvicted({seenIds: {evicted}}: PartitionPipeline): void {
    if (evicted === this.#evicted) return;
    this.#evicted = evicted;
    this.#options.report(partitionTroubles.dedupeFull(this.partitionId, evicted));
  }

  /** The receiver is restarted once at a jump; one that stays is a gap. */
  #acceptGap(gap: SequenceGap): boolean {
    const {gaps, lease, report} = this.#options;
    const pipeline = this.#pipeline!;
    // What is read again may be passed over only where the hub itself said that it has expired: it may be open, and
    // the dedupe memory needs it.
    if (!(pipeline.isReread(gap) && gap.before <= this.#hubBeginsAt)) {
      if (!gaps.wasRestarted(this.partitionId, gap)) {
        report(partitionTroubles.jump(this.partitionId, gap));
        lease.release('a jump in the sequence numbers');
        return false;
      }
      report(partitionTroubles.gap(this.partitionId, gap));
    }
    pipeline.acceptGap(gap);
    this.#reportLost(pipeline, gap.before);
    return true;
  }

  /** @param first what came before recovery began: if nothing, what the hub no longer has will not come */
  async #recover(first: readonly ReceivedEvent[]): Promise<boolean> {
    const {ports, settings, lease, join, writer, report} = this.#options;
    const recovery = await recoverPartition({
      ports,
      settings,
      lease,
      join,
      writer,
      signal: this.#signal,
      report,
      progress: () => ({
        lagMs: this.lagMs(ports.clock.now()),
        owner: settings.owner,
        nowMs: ports.clock.now(),
      }),
      isQuiet: () => first.length === 0,
    });
    if (this.#signal.aborted) return false;
    switch (recovery.kind) {
      case 'stop':
        await this.#stayStopped(recovery.finding);
        return false;
      case 'again':
        lease.release(recovery.why);
        return false;
      case 'lost':
        this.#lose(recovery.cause);
        return false;
      case 'aborted':
        return false;
      case 'recovered':
        this.#pipeline = recovery.pipeline;
        this.#hubBeginsAt = recovery.hubBeginsAt;
        this.#commits = new CommitLoop({
          ports,
          settings,
          partitionId: this.partitionId,
          pipeline: recovery.pipeline,
          committer: recovery.committer,
          recovered: recovery.applied,
          signal: this.#signal,
          report,
          observer: this.#options.observer,
          onLost: (cause) => this.#lose(cause),
          onError: (error) => this.#fail(error),
        });
        this.#reportLost(recovery.pipeline, recovery.hubBeginsAt);
        return true;
    }
  }

  /** Holds the partition without reading, so that the message stays, until somebody has resolved it. */
  async #stayStopped(finding: Finding): Promise<void> {
    this.#state = 'stopped';
    this.#finding = finding;
    this.#options.report(
      partitionTroubles.stopped(this.partitionId, describeFinding(finding, this.partitionId)),
    );
    await this.#options.ports.clock.sleep(stoppedCheckMs, this.#signal);
    // What resolves it writes a new journal or fence: the next claim starts from these.
    this.#options.lease.release('looking again at what stopped the partition');
  }

  #lose(cause: string): void {
    this.#options.report(partitionTroubles.ownedElsewhere(this.partitionId, cause));
    this.#stop.abort();
    this.#options.lease.release('another owner has the journal');
  }

  #reportLost(pipeline: PartitionPipeline, hubBeginsAt: number): void {
    const lost = pipeline.takeLost(hubBeginsAt);
    if (lost.length > 0) this.#options.report(partitionTroubles.lost(this.partitionId, lost));
  }

  /** Back-pressure: not asking for the next batch stops the receiver. */
  async #untilReadable(): Promise<void> {
    while (!this.#signal.aborted) {
      this.#pause = this.#pauseReason();
      if (this.#pause === undefined) return;
      this.#isCaughtUp = false;
      if (this.#pause !== 'handing over')
        this.#options.report(partitionTroubles.paused(this.partitionId, this.#pause));
      await this.#options.ports.clock.sleep(pausePollMs, this.#signal);
    }
  }

  #pauseReason(): PauseReason | undefined {
    const {settings, join} = this.#options;
    const pipeline = this.#pipeline!;
    const {parkedCount, parkedDeltas} = pipeline.committed;
    const {isHandingOver, journalBytes} = this.#commits!;
    if (isHandingOver) return 'handing over';
    if (join.waiting >= settings.waitingMax) return 'waiting for diagnostics';
    if (pipeline.deadLettersPending >= deadLettersPendingMax) return 'dead letters';
    if (journalBytes >= settings.commitBytesMax) return 'journal size';
    if (pipeline.pendingDeltas * deltaBytes >= settings.commitBytesMax) return 'pending groups';
    if (
      parkedCount >= settings.parkedDocumentsMax ||
      parkedDeltas >= settings.parkedDocumentsMax * deltasPerParked
    ) {
      return 'refused documents';
    }
    return undefined;
  }

  #fail(error: unknown): void {
    if (isAbort(error) && this.#signal.aborted) return; // the lease ended in the middle of a request
    // A bug must not leave a partition that reads and never commits: let it go, loudly, and recover from the journal.
    this.#options.report(partitionTroubles.bug(this.partitionId, error));
    this.#stop.abort();
    this.#options.lease.release('an unexpected error');
  }

  async #end(): Promise<void> {
    this.#state = 'ended';
    this.#stop.abort();
    // Before the last request ends: the next claim of this partition may wait for the same ids already.
    this.#pipeline?.abandon();
    await this.#commits?.idle();
    this.#options.lease.release('the session has ended');
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof ClaimAbortedError || (error instanceof Error && error.name === 'AbortError');
}
