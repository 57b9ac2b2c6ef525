import assert from 'node:assert/strict';

/** `[startMs, endMs)`: an event on the boundary belongs to the window that starts there. */
export interface TumblingWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** Aligned to the epoch in UTC, so every worker computes the same window without talking to the others. */
export function tumblingWindow({eventTimeMs, sizeMs}: {eventTimeMs: number; sizeMs: number}): TumblingWindow {
  const startMs = windowStartMs(eventTimeMs, sizeMs);
  return {startMs, endMs: startMs + sizeMs};
}

/** The start alone, without an allocation: it is asked for once per event and view. */
export function windowStartMs(eventTimeMs: number, sizeMs: number): number {
  assert(sizeMs > 0, 'window size must be positive');
  return Math.floor(eventTimeMs / sizeMs) * sizeMs;
}
