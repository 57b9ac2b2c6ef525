import type {AggregateDelta, Mark, RecordCounts} from '@weir/pipeline';

/** What was read of one partition: every event from `first` to `last`, both included. */
export interface ReadSpan {
  readonly first: Mark;
  readonly last: Mark;
}

/** A window of event time as the pipeline counts it, from the same events and diagnostics that a worker has. */
export interface ReplayedWindow {
  /** Event times `[fromMs, untilMs)` that were asked for, ms since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
  /**
   * What each document of the window should hold, by its id: only documents whose whole window lies within
   * `[fromMs, untilMs)`. A document without events is not among them.
   */
  readonly documents: ReadonlyMap<string, AggregateDelta>;
  /**
   * By partition id. A partition is absent where no event was read of it, or where some between the first and the last
   * are missing (expired, or not in the file): then it is not known that all were read. Undefined where events carry no
   * positions (a file of bare bodies).
   */
  readonly read: ReadonlyMap<string, ReadSpan> | undefined;
  /** Events of the window that may still get their diagnostics, or their other half: they are in no resolved document yet. */
  readonly undecided: number;
  /** Of the pipeline, all partitions added; events of the margins around the window included. */
  readonly counts: RecordCounts;
}
