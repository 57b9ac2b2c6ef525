import type {
  CheckpointStore,
  Clock,
  DeadLetterStore,
  DiagnosticsSource,
  DocumentStore,
  HubFacts,
  JournalStore,
  PartitionFacts,
} from '@weir/pipeline';

/** Facts of the hub, read on a connection of their own. */
export interface HubQuestions {
  hubFacts(signal?: AbortSignal): Promise<HubFacts>;
  partitionFacts(partitionId: string, signal?: AbortSignal): Promise<PartitionFacts>;
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
}
