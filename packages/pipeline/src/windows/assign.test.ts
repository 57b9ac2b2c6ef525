import fc from 'fast-check';
import {expect, test} from 'vitest';
import {assignEventTime, type AssignPolicy} from './assign.ts';

const enqueuedMs = 1_000_000;
const strict: AssignPolicy = {earlyMaxMs: 100, lateMaxMs: 200, beyond: 'deadLetter'};
const clamping: AssignPolicy = {...strict, beyond: 'clamp'};

test.each([
  [enqueuedMs, {kind: 'onTime'}],
  [enqueuedMs + 100, {kind: 'onTime'}],
  [enqueuedMs + 101, {kind: 'refused', reason: 'too early'}],
  [enqueuedMs - 200, {kind: 'onTime'}],
  [enqueuedMs - 201, {kind: 'refused', reason: 'too late'}],
])('against events enqueued at 1,000,000, one of %i is %o', (eventTimeMs, expected) => {
  expect(assignEventTime(eventTimeMs, enqueuedMs, strict)).toEqual(expected);
});

test('clamping moves an event to the limit that it passed', () => {
  expect(assignEventTime(enqueuedMs + 5_000, enqueuedMs, clamping)).toEqual({
    kind: 'clamped',
    eventTimeMs: enqueuedMs + 100,
    side: 'early',
  });
  expect(assignEventTime(enqueuedMs - 5_000, enqueuedMs, clamping)).toEqual({
    kind: 'clamped',
    eventTimeMs: enqueuedMs - 200,
    side: 'late',
  });
});

test('without a limit no event is too late', () => {
  expect(assignEventTime(0, 1e12, {...strict, lateMaxMs: undefined})).toEqual({kind: 'onTime'});
});

test('a clamped time is on time, so that a second judgement changes nothing', () => {
  fc.assert(
    fc.property(fc.integer({min: -1e6, max: 3e6}), (eventTimeMs) => {
      const first = assignEventTime(eventTimeMs, enqueuedMs, clamping);
      const judgedMs = first.kind === 'clamped' ? first.eventTimeMs : eventTimeMs;
      expect(assignEventTime(judgedMs, enqueuedMs, clamping)).toEqual({kind: 'onTime'});
    }),
  );
});
