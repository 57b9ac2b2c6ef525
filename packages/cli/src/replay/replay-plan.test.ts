import {expect, test} from 'vitest';
import {enqueuedRange} from './replay-plan.ts';

const minuteMs = 60_000;
const window = {fromMs: 1000 * minuteMs, untilMs: 1060 * minuteMs};
const settings = {
  assign: {earlyMaxMs: 5 * minuteMs, lateMaxMs: undefined, beyond: 'deadLetter'},
  dedupe: {horizonMs: 5 * minuteMs},
  mergeWaitMs: 2 * minuteMs,
} as const;
const unbounded = {beforeMs: undefined, afterMs: undefined};

test.each([
  ['by default an hour and the wait for a half', settings, unbounded, 10, 62],
  [
    'with a limit up to the limit',
    {...settings, assign: {...settings.assign, lateMaxMs: 10 * minuteMs}},
    unbounded,
    10,
    12,
  ],
  [
    'with a short horizon still as far as a half waits',
    {...settings, dedupe: {horizonMs: 0}},
    unbounded,
    7,
    62,
  ],
  ['as far as is asked for', settings, {beforeMs: minuteMs, afterMs: 3 * minuteMs}, 1, 3],
])('around the window is read: %s', (_, of, margins, before, after) => {
  expect(enqueuedRange(window, of, margins)).toEqual({
    fromMs: window.fromMs - before * minuteMs,
    untilMs: window.untilMs + after * minuteMs,
  });
});
