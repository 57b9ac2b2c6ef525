import {expect, test} from 'vitest';
import {heapGrowth, runMemory, type MemorySample} from './memory-run.ts';

/** Enough for three samples behind the warm-up; the million is `npm run bench:memory`. */
const plan = {events: 80_000, every: 20_000, idleMs: 5_000, burst: 40_000, inFlightEventsMax: 4_000};
/** Small runs scatter more than the long one, whose bound is 10 %. */
const growthMax = 0.25;

test(
  'the heap does not grow with the events, and a burst after an idle period stays within the bound',
  {timeout: 240_000},
  async () => {
    const result = await runMemory(plan);
    expect(heapGrowth(result.samples)).toBeLessThan(growthMax);
    expect(result.afterBurst.heapUsed).toBeLessThan(result.samples.at(-1)!.heapUsed * (1 + growthMax));
    expect(result.creditBeforeBurst).toBeGreaterThan(0);
    expect(result.creditBeforeBurst).toBeLessThanOrEqual(plan.inFlightEventsMax);
    expect(result.inFlightMax).toBeLessThanOrEqual(plan.inFlightEventsMax);
  },
);

test('growth is the slope of the last two thirds, not their scatter', () => {
  const samples = (...heaps: number[]): MemorySample[] =>
    heaps.map((heapUsed, at) => ({events: at, heapUsed, arrayBuffers: 0, rss: 0}));
  expect(heapGrowth(samples(10, 50, 100, 110, 90, 110, 90, 100, 100))).toBeCloseTo(-0.07, 1);
  expect(heapGrowth(samples(1, 1, 1, 100, 110, 120, 130, 140, 150))).toBeCloseTo(0.4, 5);
  expect(heapGrowth(samples(1))).toBe(0);
});
