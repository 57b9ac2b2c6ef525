import {expect, test} from 'vitest';
import {readSample} from '../oracle/sample.ts';
import {Scenario} from './scenario.ts';

/** Rows of the sample become visible over this time, as if the service had been quick. */
const visibleWithinMs = 3_000;

test('the sample, read by a worker process, gives the numbers of the oracle', {timeout: 90_000}, async () => {
  const scenario = await Scenario.start();
  const worker = scenario.startWorker();
  await worker.untilReady();
  const nowMs = Date.now();
  const sample = readSample({nowMs, visibleFromMs: nowMs, visibleWithinMs});
  scenario.publish(sample.records);
  scenario.ingest(sample.rows);
  const {counts, requests, matched} = await scenario.untilSettled(sample);

  const metrics = await worker.metricsWhen((now) => now.sum('weir_join_outcomes_total') === requests);
  expect(metrics.sum('weir_records_total')).toBe(counts.records);
  expect(metrics.sum('weir_folded_events_total')).toBe(requests);
  expect(metrics.sum('weir_duplicate_events_total')).toBe(counts.valid - requests);
  expect(metrics.sum('weir_dead_letters_total')).toBe(counts.rejected.length);
  expect(metrics.sum('weir_join_outcomes_total', 'outcome="matched"')).toBe(matched);
  expect(metrics.sum('weir_join_outcomes_total', 'outcome="unmatched"')).toBe(requests - matched);
  expect(await scenario.problemsAtRest(sample)).toEqual([]);
  expect(worker.troubles).toEqual([]);
});
