import assert from 'node:assert/strict';
import {expect, test} from 'vitest';
import {readSample} from '../oracle/sample.ts';
import {eventually} from './eventually.ts';
import {publishSlowly} from './load.ts';
import {Scenario} from './scenario.ts';

/** Longer than the deadline: what cannot be asked must not become unmatched. */
const outageMs = 9_000;

test('an outage of Log Analytics past the deadline makes nothing unmatched', {timeout: 90_000}, async () => {
  const scenario = await Scenario.start();
  const sample = readSample({nowMs: Date.now()});
  const worker = scenario.startWorker();
  await worker.untilReady();
  scenario.stack.logAnalytics.inject({kind: 'unavailable', status: 503}, {durationMs: outageMs});
  scenario.publish(sample.records);
  scenario.ingest(sample.rows);
  expect(await scenario.problemsAtRest(sample)).toEqual([]);
  expect(worker.troubles.map(({layer}) => layer)).toEqual(['Log Analytics']);
  expect(worker.troubles[0]?.msg).toMatch(/does not answer/);
});

test(
  'through partial, slow, garbled, throttled and broken answers of Log Analytics every row is found',
  {timeout: 120_000},
  async () => {
    const scenario = await Scenario.start();
    const {logAnalytics} = scenario.stack;
    const sample = readSample({nowMs: Date.now()});
    const worker = scenario.startWorker();
    await worker.untilReady();
    const before = logAnalytics.faultsTaken;
    logAnalytics.inject({kind: 'partial'}, {requests: 3});
    logAnalytics.inject({kind: 'garbled'}, {requests: 1});
    logAnalytics.inject({kind: 'partial'}, {requests: 1});
    logAnalytics.inject({kind: 'slow', delayMs: 2_000}, {requests: 2});
    logAnalytics.inject({kind: 'reset'}, {requests: 1});
    logAnalytics.inject({kind: 'timedOut'}, {requests: 1});
    logAnalytics.inject({kind: 'throttled', retryAfter: '1'}, {requests: 1});
    const struck = 10;
    await publishSlowly(scenario, sample, {overMs: 3_000});
    await eventually(() => (logAnalytics.faultsTaken - before >= struck ? true : undefined), {
      within: 60_000,
      otherwise: () => `${logAnalytics.faultsTaken - before} of ${struck} faults struck. ${worker.output()}`,
    });
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    for (const words of [/cut short/, /does not answer/, /504/, /429/]) {
      const line = worker.troubles.find(({msg}) => words.test(msg));
      assert.equal(line?.['layer'], 'Log Analytics', `${String(words)} ${worker.output()}`);
    }
    expect(worker.troubles.filter(({layer}) => layer !== 'Log Analytics')).toEqual([]);
  },
);
