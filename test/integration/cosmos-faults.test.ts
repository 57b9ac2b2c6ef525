import assert from 'node:assert/strict';
import {expect, test} from 'vitest';
import {readSample} from '../oracle/sample.ts';
import {publishSlowly} from './load.ts';
import {Scenario} from './scenario.ts';

type CosmosFault = Parameters<Scenario['cosmos']['injectFault']>[0];

const writes = ['create', 'replace'] as const;
const anAggregate = (id: string): boolean => id.includes('_');
/** Few of these: each partition has one, and its commits wait for it with growing pauses. */
const aFence = (id: string): boolean => id.includes('|');

/** Bursts, one after another: the oldest that fits a request strikes it. */
const storms: readonly {
  readonly name: string;
  readonly faults: readonly CosmosFault[];
  readonly account?: {readonly requestUnitsPerSecond: number};
  readonly logged: RegExp;
}[] = [
  {
    name: 'throttling and refused conditions',
    // The sample takes some 30,000, most of them within the seconds in which it is published.
    account: {requestUnitsPerSecond: 3_000},
    faults: [
      {kind: 'conditionRefused', operations: writes, id: anAggregate, count: 60},
      {kind: 'throttled', retryAfterMs: 100, operations: ['replace'], id: aFence, count: 3},
      {kind: 'conditionRefused', operations: ['replace'], id: aFence, count: 3},
    ],
    logged: /429|throttled/,
  },
  {
    name: '503, 408 and resets',
    faults: [
      {kind: 'unavailable', operations: writes, id: anAggregate, count: 40},
      {kind: 'timeout', operations: writes, id: anAggregate, count: 30},
      {kind: 'reset', operations: writes, id: anAggregate, count: 30},
      {kind: 'unavailable', operations: ['read'], id: anAggregate, count: 30},
      {kind: 'unavailable', operations: ['replace'], id: aFence, count: 3},
    ],
    logged: /A write to Cosmos DB was not answered/,
  },
  {
    name: 'lost answers and stale reads',
    faults: [
      {kind: 'answerLost', operations: writes, id: anAggregate, count: 100},
      {kind: 'staleRead', operations: ['read'], id: anAggregate, count: 40},
      {kind: 'answerLost', operations: ['replace'], id: aFence, count: 4},
      {kind: 'staleRead', operations: ['read'], id: aFence, count: 2},
    ],
    logged: /A write to Cosmos DB was not answered/,
  },
];

test.for(storms)(
  'through $name of Cosmos DB the documents come out right',
  {timeout: 90_000},
  async ({faults, account, logged}) => {
    const scenario = await Scenario.start(account === undefined ? {} : {cosmos: account});
    const sample = readSample({nowMs: Date.now()});
    const worker = scenario.startWorker();
    await scenario.untilAllBegun(worker);
    const injected = faults.map((fault) => scenario.cosmos.injectFault(fault));
    await publishSlowly(scenario, sample, {overMs: 4_000});
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    for (const [index, {struck}] of injected.entries())
      assert(struck > 0, `never struck: ${JSON.stringify(faults[index])}`);
    const lines = worker.troubles.filter(({layer}) => layer === 'Cosmos DB');
    assert(
      lines.some(({msg}) => logged.test(msg)),
      worker.output(),
    );
    expect(worker.troubles.filter(({layer}) => layer !== 'Cosmos DB')).toEqual([]);
  },
);
