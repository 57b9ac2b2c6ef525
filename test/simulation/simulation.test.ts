import {expect, test} from 'vitest';
import {failedSeeds} from './failed-seeds.ts';
import {planOf} from './plan.ts';
import {simulate} from './run.ts';

/** Enough for a change that breaks something plainly; the command runs tens of thousands. */
const runs = 300;
const testTimeoutMs = 120_000;

test('a seed gives the same run every time', async () => {
  const [first, second] = [
    await simulate(planOf(7), {traceLines: 10_000}),
    await simulate(planOf(7), {traceLines: 10_000}),
  ];
  expect(second.trace).toBe(first.trace);
  expect(first.trace).not.toBe('');
});

test.each(failedSeeds)('seed $seed, which once failed, counts every event once ($was)', async ({seed}) => {
  expect((await simulate(planOf(seed))).violations).toEqual([]);
});

test(
  'every event counts once whatever crashes, overlaps, gets lost or comes late',
  async () => {
    const failed: string[] = [];
    // Seeds of their own for each day of the epoch would hide a failure by the next run: these are fixed.
    for (let seed = 1_000_000; seed < 1_000_000 + runs; seed++) {
      const {violations} = await simulate(planOf(seed));
      if (violations.length > 0)
        failed.push(`node test/simulation/simulate.ts --seed ${seed}: ${violations[0]}`);
    }
    expect(failed).toEqual([]);
  },
  testTimeoutMs,
);
