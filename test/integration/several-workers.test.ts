import {expect, test} from 'vitest';
import {readSample, samplePartitions} from '../oracle/sample.ts';
import {publishSlowly} from './load.ts';
import {untilOwning, untilShared} from './owning.ts';
import {Scenario} from './scenario.ts';

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
