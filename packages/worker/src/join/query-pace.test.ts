import type {LookupAnswer} from '@weir/pipeline';
import {expect, test} from 'vitest';
import {QueryPace} from './query-pace.ts';

const complete: LookupAnswer = {kind: 'complete', rows: [], serviceNowMs: 0};
const unavailable: LookupAnswer = {kind: 'unavailable', cause: 'down'};
const throttled = (retryAfterMs?: number): LookupAnswer => ({kind: 'throttled', retryAfterMs});

/** How long an answer at time 0 keeps everybody from asking. */
function waitAfter(pace: QueryPace, nowMs = 0): number {
  let waitMs = 0;
  while (waitMs < 1e6 && !pace.mayAsk(nowMs + waitMs)) waitMs += 100;
  return waitMs;
}

/** Answers of queries that were all under way at once. */
function pacedBy(answers: readonly LookupAnswer[], random = 0): QueryPace {
  const pace = new QueryPace(() => random);
  for (const answer of answers) pace.heed(answer, 0);
  return pace;
}

/** How long the last of so many failures in a row is waited for, each query sent when it may be. */
function waitAfterRow(answer: LookupAnswer, failures: number, random = 0): number {
  const pace = new QueryPace(() => random);
  let nowMs = 0;
  let waitMs = 0;
  for (let failure = 0; failure < failures; failure++) {
    pace.heed(answer, nowMs);
    waitMs = waitAfter(pace, nowMs);
    nowMs += waitMs;
  }
  return waitMs;
}

test('at first anything may be asked', () => {
  expect(waitAfter(new QueryPace(() => 0))).toBe(0);
});

test.each([
  ['complete', complete],
  ['partial', {kind: 'partial', cause: 'x'}],
  ['too slow', {kind: 'tooSlow'}],
] as const)('a %s answer holds nobody up: the service answers', (_, answer) => {
  const pace = pacedBy([answer]);
  expect([waitAfter(pace), pace.isTroubled]).toEqual([0, false]);
});

test('a 429 is waited for as long as it asks, and a little apart from the other workers', () => {
  expect(waitAfter(pacedBy([throttled(7_000)]))).toBe(7_000);
  expect(waitAfter(pacedBy([throttled(7_000)], 0.5))).toBe(9_500);
});

test('a 429 that asks for an hour is waited for two minutes', () => {
  expect(waitAfter(pacedBy([throttled(3_600_000)]))).toBe(120_000);
});

test('a 429 without a wait doubles from 5 s to a minute', () => {
  const waits = [1, 2, 3, 4, 5, 20].map((n) => waitAfterRow(throttled(), n));
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test('an outage doubles the wait from a second to a minute, spread over its upper half', () => {
  const waits = [1, 2, 3, 7, 30].map((n) => waitAfterRow(unavailable, n, 1));
  expect(waits).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
  expect(waitAfterRow(unavailable, 2, 0)).toBe(1_000);
});

test('a refusal that a person must mend is asked again every minute', () => {
  expect(waitAfter(pacedBy([{kind: 'forbidden', reason: 'no role'}]))).toBe(60_000);
});

test('answers that were under way never shorten a wait, but end the trouble', () => {
  const pace = pacedBy([throttled(30_000), complete]);
  expect([waitAfter(pace), pace.isTroubled]).toEqual([30_000, false]);
  expect(waitAfter(pacedBy([throttled(30_000), unavailable]))).toBe(30_000);
});

test('queries that were under way together and fail together are one failure', () => {
  const together = Array.from({length: 7}, () => unavailable);
  expect(waitAfter(pacedBy(together, 1))).toBe(1_000);
  expect(waitAfter(pacedBy(Array.from({length: 7}, () => throttled())))).toBe(5_000);
});
