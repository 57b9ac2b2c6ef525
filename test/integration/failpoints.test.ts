import assert from 'node:assert/strict';
import {BlobServiceClient} from '@azure/storage-blob';
import {expect, onTestFinished, test} from 'vitest';
import {readSample, samplePartitions} from '../oracle/sample.ts';
import {BlobProxy, type BlobFate, type BlobRequest} from './blob-proxy.ts';
import {Scenario} from './scenario.ts';
import type {WorkerProcess} from './worker-process.ts';

type CosmosFault = Parameters<Scenario['cosmos']['injectFault']>[0];

/** Steps of PROTOCOL.md at which the worker dies, and whether the step itself happened. */
const points: readonly {
  readonly name: string;
  readonly blob?: {readonly path: RegExp; readonly fate: BlobFate};
  readonly cosmos?: {
    readonly operations: CosmosFault['operations'];
    readonly id: RegExp;
    readonly after: number;
  };
}[] = [
  {name: 'before the journal is written', blob: {path: /\/journal\//, fate: 'requestLost'}},
  {name: 'after the journal, before the fence', blob: {path: /\/journal\//, fate: 'answerLost'}},
  {name: 'after the fence', cosmos: {operations: ['create', 'replace'], id: /^127\.0\.0\.1/, after: 1}},
  {name: 'in the middle of the documents', cosmos: {operations: ['create', 'replace'], id: /_/, after: 40}},
  {name: 'before the dead letters', blob: {path: /\/dead-letters\//, fate: 'requestLost'}},
  {name: 'after the dead letters', blob: {path: /\/dead-letters\//, fate: 'answerLost'}},
];

test(
  'a worker killed at each step of a commit loses nothing and counts nothing twice',
  {timeout: 150_000},
  async () => {
    const scenario = await Scenario.start();
    const proxy = await BlobProxy.start(scenario.stack.blob.connectionString);
    onTestFinished(() => proxy.close());
    const variables = {STORAGE_CONNECTION_STRING: proxy.connectionString};
    const sample = readSample({nowMs: Date.now()});
    scenario.ingest(sample.rows);
    const perPoint = Math.ceil(sample.records.length / points.length);

    for (const [index, point] of points.entries()) {
      scenario.publish(sample.records.slice(index * perPoint, (index + 1) * perPoint));
      const worker = scenario.startWorker({variables});
      if (point.blob !== undefined) killAtBlob(proxy, worker, point.blob);
      if (point.cosmos !== undefined) killAtCosmos(scenario, worker, point.cosmos);
      const {signal} = await worker.exited;
      assert.equal(signal, 'SIGKILL', `${point.name}: ${worker.output()}`);
      proxy.fateOf = () => 'pass';
      scenario.cosmos.clearFaults();
      await forgetOwners(scenario);
    }

    scenario.startWorker({variables});
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
  },
);

test(
  'a worker killed in the last commit of a clean stop loses nothing and counts nothing twice',
  {timeout: 90_000},
  async () => {
    const scenario = await Scenario.start();
    const proxy = await BlobProxy.start(scenario.stack.blob.connectionString);
    onTestFinished(() => proxy.close());
    const variables = {STORAGE_CONNECTION_STRING: proxy.connectionString};
    const sample = readSample({nowMs: Date.now()});
    scenario.ingest(sample.rows);
    const half = Math.floor(sample.records.length / 2);
    for (const [fate, records] of [
      ['requestLost', sample.records.slice(0, half)],
      ['answerLost', sample.records.slice(half)],
    ] as const) {
      // No flush before the stop, so that the last commit holds something.
      const worker = scenario.startWorker({variables, settings: {'flush.interval': '6s'}});
      await worker.metricsWhen((now) => now.sum('weir_partitions_owned') === samplePartitions);
      scenario.publish(records);
      await worker.metricsWhen((now) => now.sum('weir_records_total') > 0);
      killAtBlob(proxy, worker, {path: /\/journal\//, fate});
      worker.signal('SIGTERM');
      const {signal} = await worker.exited;
      assert.equal(signal, 'SIGKILL', `${fate}: ${worker.output()}`);
      proxy.fateOf = () => 'pass';
      await forgetOwners(scenario);
    }

    scenario.startWorker({variables});
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
  },
);

function killAtBlob(
  proxy: BlobProxy,
  worker: WorkerProcess,
  {path, fate}: {path: RegExp; fate: BlobFate},
): void {
  proxy.fateOf = ({method, path: asked}: BlobRequest) => {
    if (method !== 'PUT' || !path.test(asked)) return 'pass';
    worker.signal('SIGKILL');
    return fate;
  };
}

function killAtCosmos(
  scenario: Scenario,
  worker: WorkerProcess,
  {operations, id, after}: {operations: CosmosFault['operations']; id: RegExp; after: number},
): void {
  let seen = 0;
  scenario.cosmos.injectFault({
    kind: 'answerLost',
    operations: operations!,
    id: (named) => {
      if (!id.test(named) || (seen += 1) < after) return false;
      worker.signal('SIGKILL');
      return true;
    },
  });
}

/** What a lapsed ownership comes to, without waiting for it. */
async function forgetOwners({stack}: Scenario): Promise<void> {
  const client = BlobServiceClient.fromConnectionString(stack.blob.connectionString).getContainerClient(
    'weir',
  );
  for await (const {name} of client.listBlobsFlat()) {
    if (name.includes('/ownership/')) await client.deleteBlob(name);
  }
}
