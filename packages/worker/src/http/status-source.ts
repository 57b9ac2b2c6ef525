/** What the worker tells about itself. Each call is cheap: it reads what is in memory and asks nobody. */
export interface StatusSource {
  health(): Health;
  status(): StatusReport;
  /** One row per region, of its latest window; at most some hundred. */
  regions(): readonly RegionRow[];
}

export interface Health {
  /** False only after a fatal error, when a restart is what helps. */
  readonly live: boolean;
  /** Connected, and owning partitions or waiting for some. */
  readonly ready: boolean;
  /** Why, for a person: `Owns 4 of 8 partitions.` */
  readonly sentence: string;
}

/** Times are ISO 8601; what is not known yet is undefined and missing in the JSON. */
export interface StatusReport {
  readonly version: string;
  readonly started: string;
  readonly partitions: readonly PartitionStatus[];
  readonly join: JoinStatus;
  readonly output: OutputStatus;
  /** What an operator should know now, the worst first; empty on a good day. */
  readonly troubles: readonly TroubleStatus[];
}

export type PartitionState = 'starting' | 'recovering' | 'reading' | 'paused' | 'stopped' | 'draining';

export interface PartitionStatus {
  readonly id: string;
  readonly state: PartitionState;
  /** Sequence number up to which events were read and folded. */
  readonly head: number | undefined;
  /** Sequence number up to which everything is settled. */
  readonly frontier: number | undefined;
  /** Seconds between the enqueued time of the head and now; 0 on a quiet partition. */
  readonly lagSeconds: number | undefined;
  /** Records up to the head that still owe something. */
  readonly open: number;
  /** Events waiting for diagnostics. */
  readonly waiting: number;
  readonly watermark: string | undefined;
}

export interface JoinStatus {
  readonly waiting: number;
  readonly matched: number;
  readonly unmatched: number;
  readonly feed: 'on' | 'off';
  /** Seconds that the feed is behind the service. */
  readonly feedLagSeconds: number | undefined;
  readonly queries: number;
}

/** Sums since the start. */
export interface OutputStatus {
  readonly writes: number;
  readonly throttles: number;
  readonly requestUnits: number;
  /** Requests that may be under way now. */
  readonly concurrency: number | undefined;
}

export interface TroubleStatus {
  readonly since: string;
  readonly sentence: string;
}

/** Sums of one window of one region, over its deployments and models. */
export interface RegionRow {
  readonly region: string;
  readonly windowStart: string;
  readonly requests: number;
  readonly tokens: number;
  /** Service time in ms; undefined until the first diagnostics came. */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** 0 to 1, of the requests whose kind is known. */
  readonly streamingShare: number | undefined;
  readonly matched: number;
  readonly unmatched: number;
}
