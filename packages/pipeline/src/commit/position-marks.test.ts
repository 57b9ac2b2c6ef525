import fc from 'fast-check';
import {expect, test} from 'vitest';
import {PositionMarks, startMark, type Mark} from './position-marks.ts';

const mark = (sequenceNumber: number, enqueuedTimeMs: number): Mark => ({
  sequenceNumber,
  offset: `o${sequenceNumber}`,
  enqueuedTimeMs,
});

test('marks are a second apart, so that their number follows the time and not the load', () => {
  const marks = new PositionMarks(mark(0, 0));
  for (let n = 1; n <= 10_000; n++) if (marks.wants(n)) marks.add(mark(n, n));
  expect(marks.count).toBe(11);
});

test('before an event lies the last kept position with a smaller number', () => {
  const marks = new PositionMarks(mark(0, 0));
  for (const n of [10, 20, 30]) marks.add(mark(n, n * 1000));
  expect(marks.before(21).sequenceNumber).toBe(20);
  expect(marks.before(20).sequenceNumber).toBe(10);
  expect(marks.before(1_000).sequenceNumber).toBe(30);
});

test('where nothing earlier is kept, the first one is the answer', () => {
  const marks = new PositionMarks(mark(10, 10_000));
  marks.add(mark(20, 20_000));
  expect(marks.before(3).sequenceNumber).toBe(10);
  expect(marks.enqueuedBefore(-5).sequenceNumber).toBe(10);
  expect(new PositionMarks(startMark).before(0)).toBe(startMark);
});

test('an event enqueued at the very time does not lie before it', () => {
  const marks = new PositionMarks(mark(0, 0));
  marks.add(mark(5, 5_000));
  expect(marks.enqueuedBefore(5_000).sequenceNumber).toBe(0);
  expect(marks.enqueuedBefore(5_001).sequenceNumber).toBe(5);
});

test('what lies before a mark is forgotten, the mark itself is kept', () => {
  const marks = new PositionMarks(mark(0, 0));
  for (const n of [10, 20, 30]) marks.add(mark(n, n * 1000));
  marks.dropBefore(marks.before(21));
  expect(marks.count).toBe(2);
  expect(marks.before(15).sequenceNumber).toBe(20);
});

test('a search finds what looking at every mark finds', () => {
  const steps = fc.array(fc.record({events: fc.integer({min: 1, max: 5}), ms: fc.nat({max: 3_000})}), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(steps, fc.nat({max: 200}), fc.nat({max: 120_000}), (list, number, timeMs) => {
      const all = [mark(0, 0)];
      const marks = new PositionMarks(all[0]!);
      let last = all[0]!;
      for (const {events, ms} of list) {
        last = mark(last.sequenceNumber + events, last.enqueuedTimeMs + ms);
        if (!marks.wants(last.enqueuedTimeMs)) continue;
        marks.add(last);
        all.push(last);
      }
      expect(marks.before(number)).toEqual(all.findLast((one) => one.sequenceNumber < number) ?? all[0]);
      expect(marks.enqueuedBefore(timeMs)).toEqual(
        all.findLast((one) => one.enqueuedTimeMs < timeMs) ?? all[0],
      );
    }),
  );
});
