import assert from 'node:assert/strict';
import {expect, test} from 'vitest';
import {readSample, samplePartitions} from '../oracle/sample.ts';
import {publishSlowly} from './load.ts';
import {untilOwning, untilShared} from './owning.ts';
import {Scenario} from './scenario.ts';
import {exitWithinMs, type WorkerProcess} from './worker-process.ts';

/** One by one, as a Deployment is rolled: the next one goes when the one before it is replaced. */
const replaced = 3;
/** Longer than all starts and stops on two busy cores; what is left of it the last worker reads alone. */
const loadMs = 30_000;

test(
  'from 1 worker to 3, each replaced under load, and back to 1, nothing is lost or counted twice',
  {timeout: 150_000},
  async () => {
    const scenario = await Scenario.start();
    const sample = readSample({nowMs: Date.now()});
    let running = [scenario.startWorker()];
    await untilOwning(running, samplePartitions);
    const published = publishSlowly(scenario, sample, {overMs: loadMs, steps: 150});

    running.push(scenario.startWorker(), scenario.startWorker());
    await untilShared(running);
    for (let turn = 0; turn < replaced; turn++) {
      const [oldest, ...others] = running;
      running = [...others, scenario.startWorker()];
      await stopped(oldest!);
      await untilShared(running);
    }
    const beforeLast = scenario.committedEvents();
    while (running.length > 1) {
      await stopped(running.shift()!);
      await untilOwning(running, samplePartitions);
    }
    assert(beforeLast > 0, 'nothing was committed while workers were replaced');
    await published;

    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    expect(scenario.workers.filter(({stderr}) => stderr !== '')).toEqual([]);
  },
);

async function stopped(worker: WorkerProcess): Promise<void> {
  const {code, afterMs} = await worker.stop();
  assert.equal(code, 0, worker.output());
  assert(afterMs < exitWithinMs, `It took ${afterMs} ms to stop. ${worker.output()}`);
}
