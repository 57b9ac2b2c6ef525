import type {AssignPolicy, ShardedView} from '@weir/pipeline';

/** `[fromMs, untilMs)`, ms since the epoch. */
export interface TimeRange {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What is replayed; plain data, so that it can be handed to threads. */
export interface ReplayPlan {
  /** Event times that are wanted. */
  readonly window: TimeRange;
  /** Enqueued times that are read, margins included. */
  readonly enqueued: TimeRange;
  /** Empty of resolved ones where there are no diagnostics. */
  readonly views: readonly ShardedView[];
}

/** Without `assign.lateMax` an event may come however late; most that come within the hour have come. */
export const lateMarginMs = 3_600_000;

/** How far around the window is read, ms of enqueued time; undefined: as the configuration bounds it. */
export interface Margins {
  readonly beforeMs: number | undefined;
  readonly afterMs: number | undefined;
}

/**
 * The enqueued times at which an event of the window can have come: at most `assign.earlyMax` before its own time, at most
 * `assign.lateMax` after it. Before that lies what it may repeat (`dedupe.horizon`), and around it the other half of its
 * call (`join.mergeWait`).
 */
export function enqueuedRange(
  window: TimeRange,
  {
    assign,
    dedupe,
    mergeWaitMs,
  }: {assign: AssignPolicy; dedupe: {readonly horizonMs: number}; mergeWaitMs: number},
  margins: Margins,
): TimeRange {
  const beforeMs = margins.beforeMs ?? assign.earlyMaxMs + Math.max(dedupe.horizonMs, mergeWaitMs);
  const afterMs = margins.afterMs ?? (assign.lateMaxMs ?? lateMarginMs) + mergeWaitMs;
  return {fromMs: Math.max(0, window.fromMs - beforeMs), untilMs: window.untilMs + afterMs};
}
