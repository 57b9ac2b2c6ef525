import {expect, test} from 'vitest';
import {readSample, samplePartitions} from '../oracle/sample.ts';
import {eventually} from './eventually.ts';
import {publishSlowly} from './load.ts';
import {Scenario} from './scenario.ts';
import type {WorkerProcess} from './worker-process.ts';

/** Expiry, a round of claims, and recovery. */
const takenOverWithinMs = 30_000;

test(
  'of two workers one is killed under load, and the other goes on from its journals',
  {timeout: 120_000},
  async () => {
    const scenario = await Scenario.start();
    const [killed, left] = [scenario.startWorker(), scenario.startWorker()];
    await untilShared([killed, left]);
    const sample = readSample({nowMs: Date.now()});
    const published = publishSlowly(scenario, sample, {overMs: 8_000});
    await scenario.untilCommitted(sample.records.length / 2);
    await killed.kill();
    await untilOwning([left], samplePartitions);
    await published;
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
  },
);

test(
  'of three workers one is killed and one is paused until it has lost its partitions, and neither shows in the numbers',
  {timeout: 150_000},
  async () => {
    const scenario = await Scenario.start();
    const [killed, paused, left] = [scenario.startWorker(), scenario.startWorker(), scenario.startWorker()];
    await untilShared([killed, paused, left]);
    const sample = readSample({nowMs: Date.now()});
    const published = publishSlowly(scenario, sample, {overMs: 16_000});
    await scenario.untilCommitted(sample.records.length / 2);
    paused.signal('SIGSTOP');
    await killed.kill();
    await untilOwning([left], samplePartitions);
    // It wakes with commits, writes and timers that belong to partitions of another owner.
    paused.signal('SIGCONT');
    await untilOwning([paused, left], samplePartitions);
    await published;
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    expect(paused.isRunning).toBe(false);
  },
);

async function untilShared(workers: readonly WorkerProcess[]): Promise<void> {
  await untilOwning(workers, samplePartitions);
  await Promise.all(
    workers.map((worker) => worker.metricsWhen((now) => now.sum('weir_partitions_owned') > 0)),
  );
}

async function untilOwning(workers: readonly WorkerProcess[], partitions: number): Promise<void> {
  const owned = async (): Promise<number> => {
    const metrics = await Promise.all(workers.map((worker) => worker.metrics()));
    return metrics.map((now) => now.sum('weir_partitions_owned')).reduce((a, b) => a + b, 0);
  };
  let last = 0;
  await eventually(
    async () => {
      last = await owned();
      return last === partitions ? true : undefined;
    },
    {
      within: takenOverWithinMs,
      otherwise: () => `${last} partitions are owned. ${workers.map((one) => one.output()).join()}`,
    },
  );
}
