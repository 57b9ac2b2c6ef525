import {expect, test} from 'vitest';
import {progressText} from './progress.ts';

const at = {partition: '11', sequenceNumber: 137530194};

test('the line says counts, rate, position, part done and time left', () => {
  const text = progressText(
    {read: 12_345, written: 40, at, done: 0.25},
    {eventsPerSecond: 44_999.6, elapsedMs: 30_000},
  );
  expect(text).toBe('12,345 read (40 written), 45,000 events/s, 25 %, 90 s left, p 11 at 137530194');
});

test('what is not known is left out', () => {
  const text = progressText(
    {read: 0, written: 0, at: undefined, done: undefined},
    {eventsPerSecond: 0, elapsedMs: 0},
  );
  expect(text).toBe('0 read, 0 events/s');
});
