import {expect, test} from 'vitest';
import type {Disaster, Operator} from './disaster.ts';
import {planOf, type RunPlan} from './plan.ts';
import {simulate} from './run.ts';

const runs = 24;
const testTimeoutMs = 60_000;

/** Runs a few seeds, which must all be right. @returns what came of the partitions, each kind once */
async function fatesOf(fixed: Partial<RunPlan>): Promise<string[]> {
  const fates = new Set<string>();
  const failed: string[] = [];
  for (let seed = 2_000_000; seed < 2_000_000 + runs; seed++) {
    const result = await simulate({...planOf(seed), begunAnew: 0, ...fixed});
    if (result.violations.length > 0) failed.push(`seed ${seed}: ${result.violations[0]}`);
    for (const fate of result.fates) fates.add(fate);
  }
  expect(failed).toEqual([]);
  return [...fates];
}

/** What must have been seen at least once, or the runs show nothing. */
const cases: readonly [Disaster, Operator, seen: string][] = [
  ['journal lost', 'none', 'journal lost: stopped: stopped'],
  ['journal lost', 'first way', 'journal lost: stopped, journal lost, elsewhere: elsewhere'],
  ['journal restored', 'none', 'journal restored: stopped: stopped'],
  ['journal restored', 'begin anew', 'journal restored: stopped, journal restored, elsewhere: elsewhere'],
  [
    'journal restored',
    'adopt journal',
    'journal restored: stopped, journal restored, adopt journal: two journals',
  ],
  ['hub made again', 'none', 'hub made again: stopped: stopped'],
  ['hub made again', 'begin anew', 'hub made again: stopped, hub made again, elsewhere: exact'],
  ['fence restored', 'adopt journal', 'fence restored: stopped, documents restored, adopt journal: exact'],
  ['fence restored', 'begin anew', 'fence restored: stopped, documents restored, where it stands: exact'],
  ['documents restored', 'none', 'documents restored: stopped: stopped'],
  [
    'documents restored',
    'first way',
    'documents restored: stopped, documents restored, elsewhere: elsewhere',
  ],
  ['aggregates restored', 'none', 'aggregates restored: went on: exact'],
  ['two deployments', 'none', 'two deployments: went on: exact'],
  ['copied deployment', 'none', 'copied deployment: stopped: exact'],
];

test.each(cases)(
  'after "%s" a partition goes on or says why not, and "%s" ends as the command says',
  async (disaster, operator, seen) => {
    expect(await fatesOf({disaster, operator})).toContain(seen);
  },
  testTimeoutMs,
);

test(
  'a healthy journal can be begun anew under its owner, and every event still counts once',
  async () => {
    expect(await fatesOf({disaster: 'none', begunAnew: 3})).toContain('healthy: begun anew');
  },
  testTimeoutMs,
);
