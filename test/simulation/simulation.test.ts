import {expect, test} from 'vitest';
import {failedSeeds} from './failed-seeds.ts';
import {planOf} from './plan.ts';
import {simulate} from './run.ts';

test('a seed gives the same run every time', async () => {
  const [first, second] = [
    await simulate(planOf(7), {traceLines: 10_000}),
    await simulate(planOf(7), {traceLines: 10_000}),
  ];
  expect(second.trace).toBe(first.trace);
  expect(first.trace).not.toBe('');
});

test.each(failedSeeds)(
  'seed $seed, which once failed, counts every event once ($was)',
  async ({seed, plan}) => {
    expect((await simulate({...planOf(seed), ...plan})).violations).toEqual([]);
  },
);
