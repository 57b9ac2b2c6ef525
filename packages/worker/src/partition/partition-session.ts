import {
  deadLettersPendingMax,
  describeFinding,
  PartitionPipeline,
  startMark,
  type Commit,
  type Finding,
  type LookupJoin,
  type Mark,
  type ReceivedEvent,
  type SequenceGap,
} from '@weir/pipeline';
import type {PartitionLease} from '@weir/azure';
import type {ApplyTogether} from '../apply/apply-together.ts';
import type {DocumentWriter} from '../apply/document-writer.ts';
import type {WorkerPorts} from '../ports.ts';
import {ClaimAbortedError, type Claim} from '../recover/claim.ts';
import {judgeClaim} from '../recover/judge-claim.ts';
import type {ReportTrouble} from '../trouble.ts';
import type {WorkerObserver} from '../worker.ts';
import {Committer, type StepOutcome} from './committer.ts';
import {
  parkedRetryMs,
  pendingDeltasMax,
  progressIntervalMs,
  stoppedCheckMs,
  type PartitionSettings,
} from './settings.ts';

export interface PartitionSessionOptions {
  readonly ports: WorkerPorts;
  readonly settings: PartitionSettings;
  readonly lease: PartitionLease;
  readonly join: LookupJoin;
  readonly writer: DocumentWriter;
  readonly report: ReportTrouble;
  readonly observer: WorkerObserver | undefined;
  /** Jumps in sequence numbers that a restart of the receiver did not mend, by partition; shared by a worker's sessions. */
  readonly gapsSeen: Map<string, SequenceGap>;
  /** Reading begins: rows for these events have to be looked for from here on. */
  readonly onReadable: (oldestEnqueuedTimeMs: number) => void;
}

export type SessionState = 'recovering' | 'running' | 'stopped' | 'ended';

/** Why reading waits; shown on the status page and as a metric's label. */
export type PauseReason =
  'handing over' | 'waiting for diagnostics' | 'dead letters' | 'journal size' | 'pending groups';

const pausePollMs = 100;

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
  #committer: Committer | undefined;
  #committing: Promise<void> | undefined;
  #finding: Finding | undefined;
  #pause: PauseReason | undefined;
  #journalBytes = 0;
  #isCaughtUp = false;
  #isHandingOver = false;
  #hasRead = false;
  #owesJournal = false;
  /** Deltas refused for good; the pipeline lists them in each commit. */
  #parked: {readonly retryAtMs: number; readonly commit: Commit} | undefined;
  #comparedMs = 0;
  #fenceWrittenMs = 0;
  #expired = 0;
  #commits = 0;

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
    if (this.#state !== 'running' || pipeline === undefined || this.#committing !== undefined) return false;
    const {carryCount, parkedCount} = pipeline.committed;
    return (
      pipeline.openCount + pipeline.pendingDeltas + pipeline.deadLettersPending + carryCount + parkedCount ===
      0
    );
  }

  get stopReason(): Finding['kind'] | undefined {
    return this.#finding?.kind;
  }

  get totals(): {expired: number; commits: number; journalBytes: number} {
    return {expired: this.#expired, commits: this.#commits, journalBytes: this.#journalBytes};
  }

  /** How far reading is behind, ms: 0 once the partition was read to its end. */
  lagMs(nowMs: number): number {
    if (this.#isCaughtUp || this.#pipeline === undefined || this.#pipeline.head.sequenceNumber < 0) return 0;
    return Math.max(0, nowMs - this.#pipeline.head.enqueuedTimeMs);
  }

  /** Up to when this partition's events are in memory, by their enqueued time: the feed need not look further. */
  readUntilMs(nowMs: number): number {
    if (this.#pipeline === undefined) return 0;
    return this.#isCaughtUp ? nowMs : this.#pipeline.head.enqueuedTimeMs;
  }

  /** Ends when the lease does, and never rejects. */
  async run(): Promise<void> {
    try {
      const batches = this.#options.lease.batches()[Symbol.asyncIterator]();
      // The first batch proves that the link is open; it is kept until recovery has ended.
      const first = await batches.next();
      if (first.done === true || !(await this.#recover())) return;
      this.#state = 'running';
      for (
        let batch: IteratorResult<readonly ReceivedEvent[]> = first;
        batch.done !== true;
        batch = await batches.next()
      ) {
        if (this.#signal.aborted || !this.#read(batch.value)) break;
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
    // The last commit must be applied before another one is written, so no tick makes one while handing over.
    if (this.#state !== 'running' || this.#committing !== undefined || this.#isHandingOver) return;
    together?.join();
    this.#committing = this.#commit('as due', together)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => (this.#committing = undefined));
  }

  /** The last commit of a clean stop: reading ends, and everything carried goes into the deltas. Waits for one under way first. */
  async handOver(): Promise<void> {
    this.#isHandingOver = true;
    await this.#committing;
    if (this.#state !== 'running') return;
    try {
      await this.#commit('hand over', undefined);
      await this.#committer?.checkpoint('now');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Whether a commit was taken that is not in the journal for certain. */
  get owesJournal(): boolean {
    return this.#owesJournal;
  }

  #read(events: readonly ReceivedEvent[]): boolean {
    const pipeline = this.#pipeline!;
    const {ports} = this.#options;
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
    let jump = pipeline.receive(events);
    while (jump !== undefined) {
      if (!this.#acceptGap(jump.gap)) return false;
      jump = pipeline.receive(events, jump.consumed);
    }
    if (wasRereading && !pipeline.isRereading) this.#reportLost(pipeline, 0);
    return true;
  }

  /** The receiver is restarted once at a jump; one that stays is a gap. */
  #acceptGap(gap: SequenceGap): boolean {
    const {gapsSeen, lease, report} = this.#options;
    const seen = gapsSeen.get(this.partitionId);
    const missing = gap.before - gap.after - 1;
    if (seen?.before !== gap.before) {
      gapsSeen.set(this.partitionId, gap);
      this.#trouble(
        'Event Hubs',
        'jump',
        `Partition ${this.partitionId} jumps over ${missing} events after sequence number ${gap.after}. The worker reads once more from its own position to see whether they come.`,
      );
      lease.release('a jump in the sequence numbers');
      return false;
    }
    report({
      layer: 'Event Hubs',
      kind: 'gap',
      message: `Partition ${this.partitionId} lacks ${missing} events, sequence numbers ${gap.after + 1} to ${gap.before - 1}: they expired before they were read. The worker goes on behind them; raise the hub's retention if it was down or behind for long.`,
      partitionId: this.partitionId,
      fields: {missing, after: gap.after, before: gap.before},
    });
    this.#pipeline!.acceptGap(gap);
    this.#reportLost(this.#pipeline!, gap.before);
    return true;
  }

  async #recover(): Promise<boolean> {
    const {ports, settings, lease, join, report} = this.#options;
    const {partition} = lease;
    const hub = await this.#askHub();
    if (hub === undefined) return false;
    const {hubFacts, partitionFacts} = hub;
    for (;;) {
      const judged = await judgeClaim({
        ports,
        partition,
        claim: lease.prelude as Claim,
        hubCreatedAt: hubFacts.createdAt,
        signal: this.#signal,
        report,
      });
      if (this.#signal.aborted) return false;
      if (judged.kind === 'moved') {
        lease.release('the journal moved during the claim');
        return false;
      }
      if (judged.kind === 'stop') {
        await this.#stayStopped(judged.finding);
        if (this.#signal.aborted) return false;
        continue;
      }
      const {claim} = judged;
      this.#committer = new Committer({
        ports,
        partition,
        writer: this.#options.writer,
        signal: this.#signal,
        report,
        progress: () => ({
          watermarks: this.#pipeline?.committed.watermarks ??
            claim.journal?.commit.watermarks ?? {arrivalMs: 0, resolvedMs: 0},
          lagMs: this.lagMs(ports.clock.now()),
          owner: settings.owner,
          nowMs: ports.clock.now(),
        }),
        recovered: {etag: claim.journal?.etag, fence: claim.fence},
      });
      const options = {...settings, join, carryBytesMax: settings.commitBytesMax / 2};
      if (claim.journal === undefined) {
        const at: Mark =
          lease.startedAt === undefined
            ? startMark
            : {...lease.startedAt, enqueuedTimeMs: partitionFacts.lastEnqueuedTimeMs};
        this.#pipeline = new PartitionPipeline(options, {
          kind: 'new',
          lineage: ports.newId(),
          hubCreatedAt: hubFacts.createdAt,
          at,
        });
        return true;
      }
      const {commit} = claim.journal;
      // The claim's ETag still stands, or the apply below would repeat a commit that is no longer the last one.
      if (!this.#goesOn(await this.#committer.compareJournal())) return false;
      const applied = await this.#committer.apply(commit);
      if (!this.#goesOn(applied)) return false;
      this.#pipeline = new PartitionPipeline(options, {kind: 'recovered', commit});
      this.#parked = {commit, retryAtMs: 0};
      this.#take(applied);
      this.#reportLost(this.#pipeline, partitionFacts.beginningSequenceNumber);
      return true;
    }
  }

  async #askHub(): Promise<
    | {
        hubFacts: {createdAt: string};
        partitionFacts: Awaited<ReturnType<WorkerPorts['hub']['partitionFacts']>>;
      }
    | undefined
  > {
    const {hub} = this.#options.ports;
    try {
      const [hubFacts, partitionFacts] = await Promise.all([
        hub.hubFacts(this.#signal),
        hub.partitionFacts(this.partitionId, this.#signal),
      ]);
      return {hubFacts, partitionFacts};
    } catch (error) {
      if (this.#signal.aborted) return undefined;
      const cause = error instanceof Error ? error.name : 'unknown error';
      this.#trouble(
        'Event Hubs',
        'hub facts',
        `The event hub did not tell when it was made (${cause}). The worker lets partition ${this.partitionId} go and claims it again.`,
      );
      this.#options.lease.release('the hub could not be asked');
      return undefined;
    }
  }

  /** Holds the partition without reading, so that the message stays, until somebody has resolved it. */
  async #stayStopped(finding: Finding): Promise<void> {
    this.#state = 'stopped';
    this.#finding = finding;
    this.#trouble(
      'worker',
      'stopped',
      `Partition ${this.partitionId} is stopped: ${describeFinding(finding, this.partitionId)} The other partitions go on.`,
    );
    await this.#options.ports.clock.sleep(stoppedCheckMs, this.#signal);
    // What resolves it writes a new journal or fence: the next claim starts from these.
    this.#options.lease.release('looking again at what stopped the partition');
  }

  async #commit(carries: 'as due' | 'hand over', together: ApplyTogether | undefined): Promise<void> {
    const {ports, settings} = this.#options;
    const pipeline = this.#pipeline!;
    const committer = this.#committer!;
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
      return this.#withoutNews(committer, nowMs);
    }
    this.#owesJournal = true;
    const written = await committer.write(taken);
    this.#owesJournal = written.kind === 'aborted';
    if (!this.#goesOn(written)) return together?.leave();
    this.#options.observer?.committed((ports.clock.now() - nowMs) / 1000);
    this.#journalBytes = taken.bytes.byteLength;
    this.#commits += 1;
    const applied = await committer.apply(taken.commit, together);
    if (!this.#goesOn(applied)) return;
    this.#fenceWrittenMs = this.#comparedMs = nowMs;
    this.#observe(taken.oldest);
    this.#take(applied);
    await this.#retryParked(committer, taken.commit, nowMs);
  }

  #observe({arrivalMs, resolvedMs}: {arrivalMs: number; resolvedMs: number}): void {
    const {observer, ports} = this.#options;
    const nowMs = ports.clock.now();
    if (arrivalMs !== Infinity) observer?.applied('arrival', (nowMs - arrivalMs) / 1000);
    if (resolvedMs !== Infinity) observer?.applied('resolved', (nowMs - resolvedMs) / 1000);
  }

  async #withoutNews(committer: Committer, nowMs: number): Promise<void> {
    const {settings} = this.#options;
    if (nowMs - this.#fenceWrittenMs >= progressIntervalMs) {
      this.#fenceWrittenMs = this.#comparedMs = nowMs;
      if (!this.#goesOn(await committer.compareJournal())) return;
      this.#goesOn(await committer.rewriteFence());
    } else if (nowMs - this.#comparedMs >= settings.ownershipIntervalMs) {
      this.#comparedMs = nowMs;
      this.#goesOn(await committer.compareJournal());
    }
    if (this.#parked !== undefined) await this.#retryParked(committer, this.#parked.commit, nowMs);
  }

  /** Deltas that were refused for good: an alarm now, slow retries, and at the bound the partition stops. */
  #take({
    parked,
    expired,
  }: {
    parked: readonly {entry: Parameters<PartitionPipeline['park']>[0][number]; reason: string}[];
    expired: number;
  }): void {
    this.#expired += expired;
    if (parked.length === 0) return;
    const pipeline = this.#pipeline!;
    pipeline.park(parked.map(({entry}) => entry));
    this.#trouble(
      'Cosmos DB',
      'parked',
      `Cosmos DB refused document ${parked[0]!.entry.delta.target.id} for good (${parked[0]!.reason}). Its ${parked.length} deltas are kept in the journal and tried again every minute; see "weir doctor".`,
    );
    if (pipeline.committed.parkedCount < this.#options.settings.parkedDocumentsMax) return;
    this.#trouble(
      'Cosmos DB',
      'parked limit',
      `Partition ${this.partitionId} has ${pipeline.committed.parkedCount} documents that Cosmos DB refuses, the most it keeps (parked.documentsMax). It stops until they are accepted; nothing is lost.`,
    );
    this.#options.lease.release('too many refused documents');
  }

  async #retryParked(committer: Committer, commit: Commit, nowMs: number): Promise<void> {
    const {parked} = commit;
    if (parked.length === 0) {
      this.#parked = undefined;
      return;
    }
    this.#parked = {commit, retryAtMs: this.#parked?.retryAtMs ?? nowMs + parkedRetryMs};
    if (nowMs < this.#parked.retryAtMs) return;
    this.#parked = {commit, retryAtMs: nowMs + parkedRetryMs};
    const {parked: still} = await committer.retryParked(parked);
    if (this.#signal.aborted) return;
    const refused = new Set(still.map(({entry}) => entry));
    const applied = parked.filter((entry) => !refused.has(entry));
    for (const id of new Set(applied.map(({delta}) => delta.target.id))) {
      this.#pipeline!.unpark(
        id,
        applied.filter(({delta}) => delta.target.id === id),
      );
    }
  }

  #goesOn(outcome: StepOutcome): outcome is {kind: 'done'} {
    if (outcome.kind === 'lost') {
      this.#trouble(
        'worker',
        'partition lost',
        `Partition ${this.partitionId} has another owner: ${outcome.cause}. The worker discards what it has in memory for it; the other owner goes on from the journal.`,
      );
      this.#stop.abort();
      this.#options.lease.release('another owner has the journal');
    }
    return outcome.kind === 'done';
  }

  #reportLost(pipeline: PartitionPipeline, hubBeginsAt: number): void {
    const lost = pipeline.takeLost(hubBeginsAt);
    if (lost.length === 0) return;
    const [from, to] = [lost[0]!.sequenceNumber, lost.at(-1)!.sequenceNumber];
    this.#trouble(
      'Event Hubs',
      'lost',
      `${lost.length} events of partition ${this.partitionId}, sequence numbers ${from} to ${to}, waited for their diagnostics and expired in the event hub before they were read again. They are in the arrival views, not in the resolved ones, and are dead-lettered.`,
    );
  }

  /** Back-pressure: not asking for the next batch stops the receiver. */
  async #untilReadable(): Promise<void> {
    while (!this.#signal.aborted) {
      this.#pause = this.#pauseReason();
      if (this.#pause === undefined) return;
      if (this.#pause !== 'handing over') this.#sayPaused(this.#pause);
      await this.#options.ports.clock.sleep(pausePollMs, this.#signal);
    }
  }

  #sayPaused(pause: Exclude<PauseReason, 'handing over'>): void {
    const because = {
      'waiting for diagnostics': `as many events wait for their diagnostics as memory is set to hold (join.waitingMax). Arrival views stand still too; see whether Log Analytics answers`,
      'dead letters':
        'many dead letters wait for a commit. It goes on after the commit; see what the gateway sends',
      'journal size':
        'the journal has reached its limit (commit.bytesMax). It goes on when events are resolved or documents accepted',
      'pending groups':
        'very many groups and windows wait for a commit. It goes on after the commit; see the dimensions of the views',
    }[pause];
    this.#trouble('worker', 'paused', `Partition ${this.partitionId} is not read for now: ${because}.`);
  }

  #pauseReason(): PauseReason | undefined {
    const {settings, join} = this.#options;
    const pipeline = this.#pipeline!;
    if (this.#isHandingOver) return 'handing over';
    if (join.waiting >= settings.waitingMax) return 'waiting for diagnostics';
    if (pipeline.deadLettersPending >= deadLettersPendingMax) return 'dead letters';
    if (this.#journalBytes >= settings.commitBytesMax) return 'journal size';
    if (pipeline.pendingDeltas >= pendingDeltasMax) return 'pending groups';
    return undefined;
  }

  #fail(error: unknown): void {
    if (isAbort(error) && this.#signal.aborted) return; // the lease ended in the middle of a request
    // A bug must not leave a partition that reads and never commits: let it go, loudly, and recover from the journal.
    const cause = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
    this.#trouble(
      'worker',
      'bug',
      `Partition ${this.partitionId} met an unexpected error (${cause}). The worker discards its memory and recovers from the journal.`,
    );
    this.#stop.abort();
    this.#options.lease.release('an unexpected error');
  }

  async #end(): Promise<void> {
    this.#state = 'ended';
    this.#stop.abort();
    await this.#committing;
    if (this.#pipeline !== undefined) this.#options.join.drop(this.#pipeline);
    this.#options.lease.release('the session has ended');
  }

  #trouble(layer: Parameters<ReportTrouble>[0]['layer'], kind: string, message: string): void {
    this.#options.report({layer, kind, message, partitionId: this.partitionId});
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof ClaimAbortedError || (error instanceof Error && error.name === 'AbortError');
}
