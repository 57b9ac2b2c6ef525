import assert from 'node:assert/strict';
import {expect, test} from 'vitest';
import {readSample} from '../oracle/sample.ts';
import {eventually} from './eventually.ts';
import {publishSlowly} from './load.ts';
import {Scenario} from './scenario.ts';

const throttledMs = 30_000;

test(
  'while Cosmos DB throttles every request for 30 s the worker reads on, says so once, and loses nothing',
  {timeout: 120_000},
  async () => {
    const scenario = await Scenario.start();
    const sample = readSample({nowMs: Date.now()});
    const worker = scenario.startWorker();
    await scenario.untilAllBegun(worker);
    const published = publishSlowly(scenario, sample, {overMs: 8_000});
    await scenario.untilCommitted(sample.records.length * 0.2);
    const untilMs = performance.now() + throttledMs;
    const storm = scenario.cosmos.injectFault({kind: 'throttled', retryAfterMs: 1_000, forMs: throttledMs});
    await published;

    // The journal takes what is read; only the documents stand still.
    const delivered = await worker.metricsWhen(
      (now) => now.sum('weir_records_total') >= sample.records.length,
    );
    assert(performance.now() < untilMs, 'the storm was over before all was read');
    expect(delivered.sum('weir_output_throttles_total')).toBeGreaterThan(0);
    const before = JSON.stringify(scenario.documents());
    await eventually(
      async () => {
        expect((await worker.get('/health/live')).status).toBe(200);
        expect((await worker.get('/health/ready')).status).toBe(200);
        if (performance.now() >= untilMs) return true;
        expect(JSON.stringify(scenario.documents())).toBe(before);
        return undefined;
      },
      {within: throttledMs + 5_000, otherwise: () => worker.output()},
    );
    expect(storm.struck).toBeGreaterThan(0);
    const troubles = (JSON.parse((await worker.get('/api/status')).text) as {troubles: {sentence: string}[]})
      .troubles;
    expect(troubles.map(({sentence}) => sentence).join('\n')).toMatch(/^Cosmos DB: .*(429|throttled)/m);

    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    // One line, which names the service and not the input.
    expect(worker.troubles).toMatchObject([
      {layer: 'Cosmos DB', kind: 'throttled', msg: expect.stringContaining('429') as string},
    ]);
  },
);
