import type {
  CallTexts,
  CheckpointStore,
  Clock,
  DeadLetterStore,
  DiagnosticsSource,
  DocumentStore,
  HubFacts,
  JournalStore,
  PartitionFacts,
  TextCounts,
} from '@weir/pipeline';

/** Facts of the hub, read on a connection of their own. */
export interface HubQuestions {
  hubFacts(signal?: AbortSignal): Promise<HubFacts>;
  partitionFacts(partitionId: string, signal?: AbortSignal): Promise<PartitionFacts>;
}

/** Counts what was said in calls whose tokens nobody told. */
export interface TokenEstimator {
  /**
   * One entry per call, in their order; undefined where it was not counted. Resolves within a bounded time, at once when the
   * signal fires, and does not reject: a call that cannot be counted in time stays unknown.
   */
  estimate(calls: readonly CallTexts[], signal: AbortSignal): Promise<readonly (TextCounts | undefined)[]>;
}

/** Everything outside the worker, so that a simulation can be all of it. */
export interface WorkerPorts {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** A fresh random id of 32 hexadecimal digits. */
  readonly newId: () => string;
  readonly journal: JournalStore;
  readonly deadLetters: DeadLetterStore;
  readonly checkpoints: CheckpointStore;
  readonly aggregates: DocumentStore;
  readonly progress: DocumentStore;
  readonly diagnostics: DiagnosticsSource;
  readonly hub: HubQuestions;
  /** Absent: no tokens are estimated. */
  readonly estimator?: TokenEstimator;
}
