import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {readSample} from '../oracle/sample.ts';
import {Random} from '../simulation/random.ts';
import {publishSlowly} from './load.ts';
import {Scenario} from './scenario.ts';

/** Another seed kills at other moments; the number of a failed run is in its message. */
const seed = Number(process.env['WEIR_TEST_SEED'] ?? 1);
const kills = 4;
/** Before it is ready, while it recovers, reads, commits, writes. */
const aliveMs = {least: 300, most: 5_500};
const loadMs = 16_000;

test(
  `a worker killed with SIGKILL at random moments under load loses nothing and counts nothing twice (seed ${seed})`,
  {timeout: 150_000},
  async () => {
    const random = new Random(seed, 'kills');
    const scenario = await Scenario.start();
    const sample = readSample({nowMs: Date.now()});
    const published = publishSlowly(scenario, sample, {overMs: loadMs});
    for (let kill = 0; kill < kills; kill++) {
      const worker = scenario.startWorker();
      // A moment, not a condition: that nothing in the worker marks it is the point.
      await delay(random.between(aliveMs.least, aliveMs.most));
      assert(worker.isRunning, worker.output());
      await worker.kill();
    }
    await published;
    scenario.startWorker();
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
  },
);
