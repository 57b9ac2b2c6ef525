import assert from 'node:assert/strict';
import {expect, onTestFinished, test} from 'vitest';
import {readSample} from '../oracle/sample.ts';
import {Random} from '../simulation/random.ts';
import {BlobProxy, type BlobFate} from './blob-proxy.ts';
import {publishSlowly} from './load.ts';
import {Scenario} from './scenario.ts';

const seed = Number(process.env['WEIR_TEST_SEED'] ?? 1);
const fates = ['answerLost', 'requestLost', 'unavailable'] as const satisfies readonly BlobFate[];
/** Of writes of journals and dead letters. */
const faultShare = 0.4;
/** Of lists and renewals; a partition is lost only when all of them fail for as long as the expiry. */
const ownershipFaultShare = 0.3;

test(
  `through lost answers and errors of Blob storage the documents come out right (seed ${seed})`,
  {timeout: 120_000},
  async () => {
    const random = new Random(seed, 'blob faults');
    const scenario = await Scenario.start();
    const proxy = await BlobProxy.start(scenario.stack.blob.connectionString);
    onTestFinished(() => proxy.close());
    const worker = scenario.startWorker({variables: {STORAGE_CONNECTION_STRING: proxy.connectionString}});
    await worker.untilReady();
    const struck = new Map<BlobFate, number>();
    proxy.fateOf = ({path}) => {
      if (!/\/(journal|dead-letters)\//.test(path) || !random.chance(faultShare)) return 'pass';
      const fate = random.pick(fates);
      struck.set(fate, (struck.get(fate) ?? 0) + 1);
      return fate;
    };
    const sample = readSample({nowMs: Date.now()});
    await publishSlowly(scenario, sample, {overMs: 5_000});
    await scenario.untilSettled(sample);
    proxy.fateOf = () => 'pass';
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    for (const fate of fates) assert(struck.has(fate), `${fate} never struck`);
    const lines = worker.troubles.filter(({layer}) => layer === 'Blob storage');
    assert(lines.length > 0, worker.output());
    expect(worker.troubles.filter(({layer}) => layer !== 'Blob storage')).toEqual([]);
  },
);

test(
  'errors of Blob storage in the lists and renewals of ownership are told as its own',
  {timeout: 120_000},
  async () => {
    const random = new Random(seed, 'ownership faults');
    const scenario = await Scenario.start();
    const proxy = await BlobProxy.start(scenario.stack.blob.connectionString);
    onTestFinished(() => proxy.close());
    const worker = scenario.startWorker({variables: {STORAGE_CONNECTION_STRING: proxy.connectionString}});
    await scenario.untilAllBegun(worker);
    let struck = 0;
    proxy.fateOf = ({path}) => {
      if (/\/(journal|dead-letters)\//.test(path) || !random.chance(ownershipFaultShare)) return 'pass';
      struck += 1;
      return random.pick(fates);
    };
    const sample = readSample({nowMs: Date.now()});
    await publishSlowly(scenario, sample, {overMs: 5_000});
    await scenario.untilSettled(sample);
    proxy.fateOf = () => 'pass';
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    assert(struck > 0, 'no request of the ownership was struck');
    assert(worker.troubles.length > 0, worker.output());
    expect(worker.troubles.filter(({layer}) => layer !== 'Blob storage')).toEqual([]);
  },
);
