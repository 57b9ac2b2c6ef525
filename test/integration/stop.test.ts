import assert from 'node:assert/strict';
import {expect, test} from 'vitest';
import {expectedDocuments} from '../oracle/expected-documents.ts';
import {readSample} from '../oracle/sample.ts';
import type {WorkloadRecord} from '../oracle/workload.ts';
import {publishSlowly} from './load.ts';
import {Scenario} from './scenario.ts';
import {exitWithinMs} from './worker-process.ts';

/** Of four requests to Cosmos DB this many are refused: slow enough that 20 s do not do. */
const throttledOfFour = 3;

test(
  'SIGTERM under load ends with code 0, and the next worker goes on where the journal stands',
  {timeout: 90_000},
  async () => {
    const scenario = await Scenario.start();
    const sample = readSample({nowMs: Date.now()});
    const first = scenario.startWorker();
    await first.untilReady();
    const published = publishSlowly(scenario, sample, {overMs: 6_000});
    await scenario.untilCommitted(sample.records.length / 3);
    const {code, afterMs} = await first.stop();
    assert.equal(code, 0, first.output());
    expect(afterMs).toBeLessThan(exitWithinMs);
    const heads = scenario.heads();

    const second = scenario.startWorker();
    await published;
    await scenario.untilSettled(sample);
    const left = behind(sample.records, heads);
    expect(left.length).toBeLessThan(sample.records.length);
    // What lies before the heads is read again, for open records and repeats, but is no new record.
    const {records} = expectedDocuments({records: left, rows: []}).counts;
    const metrics = await second.metricsWhen((now) => now.sum('weir_records_total') >= records);
    expect(metrics.sum('weir_records_total')).toBe(records);
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
  },
);

test(
  'SIGTERM while Cosmos DB throttles ends with code 0 in time; what was not written stands in the journal',
  {timeout: 120_000},
  async () => {
    const scenario = await Scenario.start();
    const sample = readSample({nowMs: Date.now()});
    scenario.ingest(sample.rows);
    const first = scenario.startWorker();
    await first.untilReady();
    let asked = 0;
    const throttling = scenario.cosmos.injectFault({
      kind: 'throttled',
      retryAfterMs: 1_000,
      operations: ['create', 'replace'],
      id: (id) => id.includes('_') && (asked += 1) % 4 < throttledOfFour,
      count: Infinity,
    });
    scenario.publish(sample.records);
    await first.untilLogged(/429/, 'Cosmos DB');
    const {code, afterMs} = await first.stop();
    assert.equal(code, 0, first.output());
    expect(afterMs).toBeLessThan(exitWithinMs);
    expect(throttling.struck).toBeGreaterThan(0);
    throttling.cancel();

    scenario.startWorker();
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
  },
);

function behind(
  records: readonly WorkloadRecord[],
  heads: ReadonlyMap<string, number>,
): readonly WorkloadRecord[] {
  const left: WorkloadRecord[] = [];
  for (const [partitionId, own] of Map.groupBy(records, (record) => record.partitionId)) {
    left.push(...own.slice((heads.get(partitionId) ?? -1) + 1));
  }
  return left;
}
