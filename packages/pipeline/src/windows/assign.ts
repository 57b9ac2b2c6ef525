/** How far event time may lie from the enqueued time, and what happens beyond. */
export interface AssignPolicy {
  readonly earlyMaxMs: number;
  /** Undefined: however late. */
  readonly lateMaxMs: number | undefined;
  readonly beyond: 'deadLetter' | 'clamp';
}

export type Assignment =
  | {readonly kind: 'onTime'}
  | {readonly kind: 'clamped'; readonly eventTimeMs: number; readonly side: 'early' | 'late'}
  | {readonly kind: 'refused'; readonly reason: 'too early' | 'too late'};

const onTime: Assignment = {kind: 'onTime'};

/** Judged against the enqueued time, never the clock, so that a second reading of the event judges alike. */
export function assignEventTime(
  eventTimeMs: number,
  enqueuedTimeMs: number,
  policy: AssignPolicy,
): Assignment {
  const latestMs = enqueuedTimeMs + policy.earlyMaxMs;
  if (eventTimeMs > latestMs) {
    if (policy.beyond === 'deadLetter') return {kind: 'refused', reason: 'too early'};
    return {kind: 'clamped', eventTimeMs: latestMs, side: 'early'};
  }
  if (policy.lateMaxMs === undefined) return onTime;
  const earliestMs = enqueuedTimeMs - policy.lateMaxMs;
  if (eventTimeMs >= earliestMs) return onTime;
  if (policy.beyond === 'deadLetter') return {kind: 'refused', reason: 'too late'};
  return {kind: 'clamped', eventTimeMs: earliestMs, side: 'late'};
}
