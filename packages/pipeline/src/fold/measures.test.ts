import {expect, test} from 'vitest';
import {addDuration, addMeasures, durationBounds, emptyMeasures} from './measures.ts';

test('the latency counters are cumulative', () => {
  const measures = emptyMeasures();
  for (const ms of [0, 250, 251, 3_000, 100_000]) addDuration(measures, ms);
  expect(durationBounds.map(([field]) => measures[field])).toEqual([2, 3, 3, 3, 4, 4, 4, 4, 4, 5]);
});

test('adding nothing leaves the extremes over nothing', () => {
  const measures = emptyMeasures();
  addMeasures(measures, emptyMeasures());
  expect(measures).toEqual(emptyMeasures());
  expect(measures.durationMsMin).toBe(Infinity);
});

test('sums add, minima and maxima keep the extreme', () => {
  const [a, b] = [emptyMeasures(), emptyMeasures()];
  addDuration(a, 10);
  addDuration(b, 30);
  a.remainingTokensMin = 4;
  addMeasures(a, b);
  expect(a).toMatchObject({
    durationCount: 2,
    durationMsSum: 40,
    durationMsMin: 10,
    durationMsMax: 30,
    remainingTokensMin: 4,
  });
});
