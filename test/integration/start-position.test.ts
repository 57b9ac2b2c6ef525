import {expect, test} from 'vitest';
import {readSample} from '../oracle/sample.ts';
import {Scenario} from './scenario.ts';

const hourMs = 3_600_000;

test(
  'a first start on a hub full of old events counts all of them, their old diagnostics found',
  {timeout: 90_000},
  async () => {
    const scenario = await Scenario.start();
    const nowMs = Date.now();
    // Stored minutes after the events, over the same hours, all long before the worker is there.
    const sample = readSample({nowMs, visibleFromMs: nowMs - 4 * hourMs, visibleWithinMs: 3 * hourMs});
    scenario.publish(sample.records, 'then');
    scenario.ingest(sample.rows);
    scenario.startWorker();
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
  },
);

test(
  'with source.startPosition latest only what comes after the first start counts',
  {timeout: 90_000},
  async () => {
    const scenario = await Scenario.start();
    const sample = readSample({nowMs: Date.now()});
    const half = Math.floor(sample.records.length / 2);
    const before = sample.records.slice(0, half);
    const after = sample.records.slice(half);
    scenario.publish(before);
    scenario.ingest(sample.rows);
    const first = scenario.startWorker({settings: {'source.startPosition': 'latest'}});
    // From its first commit on a partition's start stands, also for a worker that is killed now.
    await scenario.untilAllBegun(first);
    await first.kill();
    scenario.publish(after);
    scenario.startWorker({settings: {'source.startPosition': 'latest'}});
    expect(await scenario.problemsAtRest({records: after, rows: sample.rows}, {before})).toEqual([]);
  },
);
