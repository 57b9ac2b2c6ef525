import {randomBytes} from 'node:crypto';
import {hostname} from 'node:os';
import {
  BlobCheckpointHint,
  BlobDeadLetterStore,
  BlobJournalStore,
  createBlobContainer,
  EventHubsSource,
  WriteGovernor,
} from '@weir/azure';
import type {HubFacts} from '@weir/pipeline';
import {systemClock} from './clock.ts';
import type {Config} from './config/config.ts';
import {eventHubsAuth, lazyIdentity, openCosmos, openLogAnalytics, storageConnection} from './connect.ts';
import {openEstimator} from './estimate/open-estimator.ts';
import type {ThreadedEstimator} from './estimate/threaded-estimator.ts';
import {startHttpServer, type HttpServer} from './http/http-server.ts';
import type {Logger} from './log.ts';
import {collectProcessMetrics, createMetrics, type Metrics} from './metrics.ts';
import type {WorkerPorts} from './ports.ts';
import {workerSettings} from './settings.ts';
import {SourceTroubles} from './source-troubles.ts';
import {backlogEveryMs, measureBacklog} from './status/backlog.ts';
import {MetricsSync} from './status/metrics-sync.ts';
import {TroubleBoard} from './status/trouble-board.ts';
import {WorkerStatus} from './status/worker-status.ts';
import {Worker} from './worker.ts';

export interface ServiceOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly version: string;
  /** Made by the caller, so that its requests can be counted from the first on. */
  readonly metrics?: Metrics;
}

/** SIGTERM to exit takes at most 25 s: this for the last commits, the rest for closing connections. */
const handOverMs = 20_000;
const closeMs = 4_000;
const syncEveryMs = 1_000;

/** One worker with its connections, metrics and HTTP server. */
export class Service {
  readonly worker: Worker;
  readonly status: WorkerStatus;
  readonly http: HttpServer;
  readonly #source: EventHubsSource;
  readonly #estimator: ThreadedEstimator | undefined;
  readonly #governor: WriteGovernor;
  readonly #sync: MetricsSync;
  readonly #log: Logger;
  readonly #stopSync = new AbortController();

  private constructor(parts: {
    worker: Worker;
    status: WorkerStatus;
    http: HttpServer;
    source: EventHubsSource;
    estimator: ThreadedEstimator | undefined;
    governor: WriteGovernor;
    sync: MetricsSync;
    log: Logger;
  }) {
    this.worker = parts.worker;
    this.status = parts.status;
    this.http = parts.http;
    this.#source = parts.source;
    this.#estimator = parts.estimator;
    this.#governor = parts.governor;
    this.#sync = parts.sync;
    this.#log = parts.log;
  }

  /**
   * Connects to everything, in the order in which a wrong setting is found soonest, and begins to read.
   * @throws {StartUpError} and the adapters' own errors, each with a message that says what to change
   */
  static async start({config, log, version, metrics = createMetrics()}: ServiceOptions): Promise<Service> {
    collectProcessMetrics(metrics);
    const board = new TroubleBoard({clock: systemClock, log});
    const identity = lazyIdentity();
    const container = await createBlobContainer({
      ...storageConnection(config, identity),
      name: config.storage.container,
    });
    const governor = new WriteGovernor({
      clock: systemClock,
      concurrency: config.cosmos.concurrency,
      requestUnitsPerSecond: config.cosmos.requestUnitsPerSecond,
    });
    const {aggregates, progress, writes} = await openCosmos({config, identity, governor, metrics, log});
    const diagnostics = openLogAnalytics(config, identity);
    const checkpoints = new BlobCheckpointHint(container.client);
    const facts: {hub: HubFacts | undefined; queries: number} = {hub: undefined, queries: 0};
    const estimator = openEstimator(config, {metrics, report: board.report});
    const ports: WorkerPorts = {
      clock: systemClock,
      random: Math.random,
      newId: () => randomBytes(16).toString('hex'),
      journal: new BlobJournalStore(container.client),
      deadLetters: new BlobDeadLetterStore(container.client),
      checkpoints,
      aggregates,
      progress,
      diagnostics,
      hub: {
        hubFacts: (signal) => source.hubFacts(signal),
        partitionFacts: (partitionId, signal) => source.partitionFacts(partitionId, signal),
      },
      ...(estimator !== undefined && {estimator}),
    };
    const sync = new MetricsSync(metrics);
    const worker = new Worker({
      ports,
      settings: workerSettings(
        config,
        `${hostname()}-${process.pid}`,
        estimator === undefined ? 'ignored' : 'kept',
      ),
      report: board.report,
      workers: () => source.owners(),
      partitionCount: () => facts.hub?.partitionIds.length ?? 1,
      onAnswer: (answer) => {
        facts.queries += 1;
        metrics.lookupQueries.inc(answer.kind);
      },
      observer: {
        sessionEnded: (session) => {
          sync.session(session);
          metrics.forgetPartition(session.partitionId);
        },
        committed: (seconds) => metrics.commitSeconds.observe(seconds),
        applied: (viewKind, seconds) => metrics.endToEndSeconds.observe({view_kind: viewKind}, seconds),
      },
    });
    const troubles = new SourceTroubles({report: board.report, metrics});
    const source = new EventHubsSource({
      connection: {
        auth: eventHubsAuth(config, identity),
        hub: config.eventHubs.hub,
        consumerGroup: config.eventHubs.consumerGroup,
        transport: config.eventHubs.transport,
        cloud: config.azureCloud,
      },
      clock: systemClock,
      container,
      startPosition: config.source.startPosition,
      ownershipIntervalMs: config.ownership.intervalMs,
      ownershipExpiryMs: config.ownership.expiryMs,
      inFlightEventsMax: config.source.inFlightEventsMax,
      inFlightBytesMax: config.source.inFlightBytesMax,
      beforeClaim: async (partition, signal) => {
        const claim = await worker.beforeClaim(partition, signal);
        if (claim.start === undefined && (await checkpoints.exists(partition, signal))) {
          const {partitionId} = partition;
          log.info(
            {partitionId},
            'There is a checkpoint but no journal. Checkpoints are only a hint for tools: the worker starts at source.startPosition.',
          );
        }
        return claim;
      },
      onLease: (lease) => worker.onLease(lease),
      onTrouble: (trouble) => troubles.heed(trouble),
    });
    const status = new WorkerStatus({
      version,
      now: () => systemClock.now(),
      worker,
      governor,
      board,
      views: config.views,
      totals: () => ({
        partitions: facts.hub?.partitionIds.length ?? 0,
        writes: writes(),
        queries: facts.queries,
      }),
    });
    const http = await startHttpServer({...config.http, status, metrics, log});
    const service = new Service({worker, status, http, source, estimator, governor, sync, log});
    try {
      facts.hub = await source.start();
    } catch (error) {
      await Promise.all([http.close(), estimator?.close()]);
      throw error;
    }
    worker.start();
    status.phase = {kind: 'running'};
    void service.#keepInSync();
    void service.#keepBacklog(metrics);
    return service;
  }

  /**
   * A clean stop: no new claims, a last commit with nothing left to carry, applied as far as time allows, ownership
   * released.
   * @returns the exit code: 1 only if a journal could not be written
   */
  async stop(): Promise<0 | 1> {
    this.status.phase = {kind: 'draining'};
    this.#log.info(
      'Stopping: the worker commits what it has read, writes it to Cosmos DB and releases its partitions.',
    );
    this.#source.drain();
    const unwritten = await this.worker.handOver(handOverMs);
    const documents = this.worker.writer.documentsPending;
    if (documents > 0) {
      this.#log.warn(
        {documents},
        'Cosmos DB did not take everything in time. What is left stands in the journal; the next owner writes it.',
      );
    }
    if (unwritten.length > 0) {
      this.#log.error(
        {partitions: unwritten},
        'The journal of these partitions could not be written. Their last events are read again by the next owner; nothing is lost or counted twice.',
      );
    }
    this.#stopSync.abort();
    this.#syncOnce(0);
    const closed = new AbortController();
    const closing = Promise.all([this.#source.close(), this.worker.stop()]);
    await Promise.race([closing, systemClock.sleep(closeMs, closed.signal)]);
    closed.abort();
    await Promise.all([this.http.close(), this.#estimator?.close()]);
    return unwritten.length > 0 ? 1 : 0;
  }

  async #keepInSync(): Promise<void> {
    const {signal} = this.#stopSync;
    while (!signal.aborted) {
      await systemClock.sleep(syncEveryMs, signal);
      this.#syncOnce(syncEveryMs);
    }
  }

  async #keepBacklog(metrics: Metrics): Promise<void> {
    const {signal} = this.#stopSync;
    for (;;) {
      await systemClock.sleep(backlogEveryMs, signal);
      if (signal.aborted) return;
      const ask = (partitionIds: readonly string[]) => this.#source.partitionsFacts(partitionIds, signal);
      try {
        await measureBacklog({worker: this.worker, metrics, ask, nowMs: systemClock.now()});
      } catch (error) {
        if (!signal.aborted)
          this.#log.debug({error}, 'The backlog could not be measured; the next try comes in 30 s.');
        metrics.backlogEvents.reset();
      }
    }
  }

  #syncOnce(elapsedMs: number): void {
    this.#sync.sync({
      worker: this.worker,
      governor: this.#governor,
      queued: this.#source.inFlight(),
      nowMs: systemClock.now(),
      elapsedMs,
    });
  }
}
