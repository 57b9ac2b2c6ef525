import {LookupJoin, type DiagnosticsRow, type LookupAnswer, type SourcePartition} from '@weir/pipeline';
import type {PartitionLease} from '@weir/azure';
import {ApplyTogether} from './apply/apply-together.ts';
import {DocumentWriter} from './apply/document-writer.ts';
import {LookupRunner, type LookupSettings, type WaitingPartition} from './join/lookup-runner.ts';
import {GapMemory} from './partition/gap-memory.ts';
import {PartitionSession} from './partition/partition-session.ts';
import type {PartitionSettings} from './partition/settings.ts';
import type {WorkerPorts} from './ports.ts';
import {readClaim, startOf, type Claim} from './recover/claim.ts';
import type {ReportTrouble} from './trouble.ts';

export interface WorkerSettings {
  readonly partition: Omit<PartitionSettings, 'dedupe'>;
  readonly dedupe: {readonly horizonMs: number; readonly idsMax: number};
  readonly lookup: LookupSettings & {readonly rowsAheadMax: number};
  readonly flushIntervalMs: number;
}

export interface WorkerOptions {
  readonly ports: WorkerPorts;
  readonly settings: WorkerSettings;
  readonly report: ReportTrouble;
  /** Workers that share the hub, this one included. */
  readonly workers: () => number;
  /** Partitions of the hub; bounds per worker are divided by it. */
  readonly partitionCount: () => number;
  readonly onAnswer?: (answer: LookupAnswer) => void;
  readonly observer?: WorkerObserver;
}

/** For metrics: called at the end of a commit or a session, never per event. */
export interface WorkerObserver {
  sessionEnded(session: PartitionSession): void;
  committed(seconds: number): void;
  applied(viewKind: 'arrival' | 'resolved', seconds: number): void;
}

/**
 * What runs in one process: a session per owned partition, one flush tick, one join and one document writer for all of
 * them. Its source calls {@link beforeClaim} and {@link onLease}; everything outside comes through ports.
 */
export class Worker {
  readonly join: LookupJoin;
  readonly lookup: LookupRunner;
  readonly writer: DocumentWriter;
  readonly #options: WorkerOptions;
  readonly #sessions = new Set<PartitionSession>();
  readonly #running = new Set<Promise<void>>();
  readonly #gaps = new GapMemory();
  readonly #stop = new AbortController();
  #ticking: Promise<unknown> = Promise.resolve();
  /** Of sessions that have ended. */
  #eventsReceived = 0;

  constructor(options: WorkerOptions) {
    const {ports, settings, report} = options;
    this.#options = options;
    this.join = new LookupJoin({...settings.lookup});
    this.writer = new DocumentWriter({ports, retentionMs: settings.partition.retentionMs, report});
    this.lookup = new LookupRunner({
      ports,
      join: this.join,
      settings: settings.lookup,
      report,
      partitions: () => this.#waitingPartitions(),
      workers: options.workers,
      eventsReceived: () => this.eventsReceived,
      onAnswer: options.onAnswer ?? (() => {}),
    });
  }

  get sessions(): Iterable<PartitionSession> {
    return this.#sessions;
  }

  /** Since the start, by all sessions. */
  get eventsReceived(): number {
    let events = this.#eventsReceived;
    for (const {pipeline} of this.#sessions) events += pipeline?.counts.inputEvents ?? 0;
    return events;
  }

  /** Starts flushing and asking; sessions start with their leases. */
  start(): void {
    this.#ticking = Promise.all([this.#tick(), this.lookup.run(this.#stop.signal)]);
  }

  /** The claim path: reads the fence, then the journal, and nothing more. Rejects when they cannot be read in time. */
  async beforeClaim(
    partition: SourcePartition,
    signal: AbortSignal,
  ): Promise<{start: ReturnType<typeof startOf>; prelude: Claim}> {
    const {ports, settings, report} = this.#options;
    const claim = await readClaim({ports, partition, signal, report});
    return {start: startOf(claim, settings.partition), prelude: claim};
  }

  onLease(lease: PartitionLease): void {
    const {ports, settings, report, partitionCount} = this.#options;
    const session = new PartitionSession({
      ports,
      settings: {
        ...settings.partition,
        dedupe: {
          ...settings.dedupe,
          idsMax: Math.max(1, Math.floor(settings.dedupe.idsMax / Math.max(1, partitionCount()))),
        },
      },
      lease,
      join: this.join,
      writer: this.writer,
      report,
      gaps: this.#gaps,
      observer: this.#options.observer,
      onReadable: (enqueuedTimeMs) => this.lookup.readFrom(enqueuedTimeMs),
    });
    this.#sessions.add(session);
    const running = session.run().finally(() => {
      this.#options.observer?.sessionEnded(session);
      this.#eventsReceived += session.pipeline?.counts.inputEvents ?? 0;
      this.#sessions.delete(session);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  /** Rows that no event came for. Only an owner of all partitions knows that no event will. */
  takeOrphans(): DiagnosticsRow[] {
    const orphans = this.join.takeOrphans(this.lookup.serviceNowMs);
    const owned = new Set(
      [...this.#sessions].filter(({state}) => state !== 'ended').map(({partitionId}) => partitionId),
    );
    return owned.size >= this.#options.partitionCount() ? orphans : [];
  }

  /**
   * Commits and applies everything with nothing left to carry. What is not applied within the time stands in the
   * journal for the next owner.
   * @returns the partitions whose journal could not be written in time
   */
  async handOver(withinMs: number): Promise<string[]> {
    const {clock} = this.#options.ports;
    const open = new Set(this.#sessions);
    const timeUp = new AbortController();
    const all = Promise.all(
      [...open].map(async (session) => {
        await session.handOver();
        open.delete(session);
      }),
    );
    await Promise.race([all, clock.sleep(withinMs, timeUp.signal)]);
    timeUp.abort();
    return [...open].filter((session) => session.owesJournal).map(({partitionId}) => partitionId);
  }

  /** Ends the ticks; sessions end with their leases. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#ticking, ...this.#running]);
  }

  /** One tick for all partitions, so that they meet in the documents that they share. */
  async #tick(): Promise<void> {
    const {ports, settings} = this.#options;
    while (!this.#stop.signal.aborted) {
      await ports.clock.sleep(settings.flushIntervalMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      const together = new ApplyTogether(ports.clock);
      for (const session of this.#sessions) session.flush(together);
    }
  }

  *#waitingPartitions(): Iterable<WaitingPartition> {
    for (const session of this.#sessions) {
      const {pipeline} = session;
      if (pipeline === undefined || session.state !== 'running') continue;
      yield {waiting: pipeline.waiting, readUntilMs: (nowMs) => session.readUntilMs(nowMs)};
    }
  }
}
