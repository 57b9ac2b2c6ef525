import type {AssignPolicy, Decoder, Grain, RetentionMs, ShardedView} from '@weir/pipeline';

/** What a partition needs of the configuration; each value is documented beside its key. */
export interface PartitionSettings {
  readonly views: readonly ShardedView[];
  readonly assign: AssignPolicy;
  /** `idsMax` is this partition's part of the worker's bound. */
  readonly dedupe: {readonly horizonMs: number; readonly idsMax: number};
  /** How long one half of a call waits for the other. */
  readonly mergeWaitMs: number;
  readonly refreshMs: Readonly<Record<Grain, number>>;
  readonly retentionMs: RetentionMs;
  readonly decoder: Decoder;
  readonly commitBytesMax: number;
  readonly parkedDocumentsMax: number;
  readonly waitingMax: number;
  readonly ownershipIntervalMs: number;
  /** Name of this worker in the progress documents. */
  readonly owner: string;
  /** Whether a partition without a journal starts at a time, so that its first commit needs an event to stand behind. */
  readonly startsAtTime: boolean;
}

/** A fence without news is rewritten this often, so that reports see the watermarks move. */
export const progressIntervalMs = 30_000;
/** Checkpoints are a hint for tools and KEDA: often enough for scaling, rarely enough to cost nothing. */
export const checkpointIntervalMs = 30_000;
/** A stopped partition looks this often whether somebody has resolved what it found. */
export const stoppedCheckMs = 30_000;
/**
 * What a group of one window adds to a commit at most, in compressed bytes: some 100 for each of three grains. Beyond
 * `commit.bytesMax` of it reading waits, so that one commit's size is bounded before it is made.
 */
export const deltaBytes = 300;
