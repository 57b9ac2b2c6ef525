import type {WriteGovernor} from '@weir/azure';
import type {ShardedView} from '@weir/pipeline';
import type {
  Health,
  PartitionState,
  PartitionStatus,
  RegionRow,
  StatusReport,
  StatusSource,
} from '../http/status-source.ts';
import type {PartitionSession} from '../partition/partition-session.ts';
import type {Worker} from '../worker.ts';
import {regionRows} from './region-board.ts';
import type {TroubleBoard} from './trouble-board.ts';

export type ServicePhase =
  | {readonly kind: 'starting'; readonly sentence: string}
  | {readonly kind: 'running'}
  | {readonly kind: 'draining'};

/** What the HTTP server tells about a worker, from what is in memory. */
export class WorkerStatus implements StatusSource {
  phase: ServicePhase = {kind: 'starting', sentence: 'Connecting.'};
  readonly #version: string;
  readonly #startedMs: number;
  readonly #now: () => number;
  readonly #worker: Worker;
  readonly #governor: WriteGovernor;
  readonly #board: TroubleBoard;
  readonly #views: readonly ShardedView[];
  readonly #totals: () => {partitions: number; writes: number; queries: number};

  constructor(options: {
    version: string;
    now: () => number;
    worker: Worker;
    governor: WriteGovernor;
    board: TroubleBoard;
    views: readonly ShardedView[];
    totals: () => {partitions: number; writes: number; queries: number};
  }) {
    this.#version = options.version;
    this.#now = options.now;
    this.#startedMs = options.now();
    this.#worker = options.worker;
    this.#governor = options.governor;
    this.#board = options.board;
    this.#views = options.views;
    this.#totals = options.totals;
  }

  health(): Health {
    switch (this.phase.kind) {
      case 'starting':
        return {live: true, ready: false, sentence: this.phase.sentence};
      case 'draining':
        return {live: true, ready: false, sentence: 'Handing over: the worker is stopping.'};
      case 'running': {
        const sessions = [...this.#worker.sessions];
        const stopped = sessions.filter(({state}) => state === 'stopped');
        const {partitions} = this.#totals();
        if (stopped.length > 0) {
          const names = stopped.map(({partitionId}) => partitionId).join(', ');
          // Ready all the same: a restart or less traffic does not help, and the other partitions are read.
          return {
            live: true,
            ready: true,
            sentence: `Partition ${names} is stopped and needs a person; see the log.`,
          };
        }
        if (sessions.length === 0)
          return {
            live: true,
            ready: true,
            sentence: `Connected; waiting for one of ${partitions} partitions.`,
          };
        return {live: true, ready: true, sentence: `Owns ${sessions.length} of ${partitions} partitions.`};
      }
    }
  }

  status(): StatusReport {
    const {join, lookup} = this.#worker;
    const nowMs = this.#now();
    const {writes, queries} = this.#totals();
    return {
      version: this.#version,
      started: new Date(this.#startedMs).toISOString(),
      partitions: [...this.#worker.sessions]
        .map((session) => this.#partition(session, nowMs))
        .sort(byPartitionId),
      join: {
        waiting: join.waiting,
        matched: join.counts.matched,
        unmatched: join.counts.neverCame + join.counts.couldNotAsk,
        feed: lookup.isFeedOn ? 'on' : 'off',
        feedLagSeconds: seconds(lookup.feedLagMs),
        queries,
      },
      output: {
        writes,
        throttles: this.#governor.throttles,
        requestUnits: Math.round(this.#governor.requestUnits),
        concurrency: this.#governor.width,
      },
      troubles: this.#board.current(),
    };
  }

  regions(): readonly RegionRow[] {
    return regionRows(this.#views, this.#worker.writer.copies());
  }

  #partition(session: PartitionSession, nowMs: number): PartitionStatus {
    const {pipeline} = session;
    return {
      id: session.partitionId,
      state: this.#stateOf(session),
      head: pipeline?.head.sequenceNumber,
      frontier: pipeline?.committed.frontier.sequenceNumber,
      lagSeconds: pipeline === undefined ? undefined : seconds(session.lagMs(nowMs)),
      open: pipeline?.openCount ?? 0,
      waiting: pipeline?.waiting.count ?? 0,
      watermark: pipeline === undefined ? undefined : new Date(pipeline.watermarks.arrivalMs).toISOString(),
    };
  }

  #stateOf({state, pause}: PartitionSession): PartitionState {
    if (this.phase.kind === 'draining') return 'draining';
    switch (state) {
      case 'recovering':
        return 'recovering';
      case 'stopped':
        return 'stopped';
      case 'running':
        return pause === undefined ? 'reading' : 'paused';
      case 'ended':
        return 'draining';
    }
  }
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms / 1000);
}

function byPartitionId(a: PartitionStatus, b: PartitionStatus): number {
  return a.id.localeCompare(b.id, 'en', {numeric: true});
}
