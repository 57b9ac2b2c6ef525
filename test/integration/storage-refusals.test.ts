import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {expect, onTestFinished, test} from 'vitest';
import {readSample} from '../oracle/sample.ts';
import {BlobProxy, type BlobRefusal} from './blob-proxy.ts';
import {publishSlowly} from './load.ts';
import {Scenario} from './scenario.ts';

/**
 * How Azure says that nothing more can be written, for good or for a while: an immutable container, one that is being
 * deleted, a disabled account, a role that may only read, and no room or no time on its side.
 */
const refusals: readonly BlobRefusal[] = [
  {status: 409, code: 'BlobImmutableDueToPolicy'},
  {status: 409, code: 'ContainerBeingDeleted'},
  {status: 403, code: 'AccountIsDisabled'},
  {status: 403, code: 'AuthorizationPermissionMismatch'},
  {status: 500, code: 'InternalError'},
  {status: 503, code: 'ServerBusy'},
];
/** Each of them; together past the ownership's expiry, so that renewals lapse too. */
const eachMs = 1_500;

test(
  'while Blob storage refuses every write as full, disabled or read-only the worker lives, and nothing is lost',
  {timeout: 120_000},
  async () => {
    const scenario = await Scenario.start();
    const proxy = await BlobProxy.start(scenario.stack.blob.connectionString);
    onTestFinished(() => proxy.close());
    const worker = scenario.startWorker({variables: {STORAGE_CONNECTION_STRING: proxy.connectionString}});
    await scenario.untilAllBegun(worker);
    const sample = readSample({nowMs: Date.now()});
    const published = publishSlowly(scenario, sample, {overMs: 12_000});
    await scenario.untilCommitted(sample.records.length * 0.1);

    const struck = new Map<BlobRefusal, number>();
    for (const refusal of refusals) {
      proxy.fateOf = ({method}) => {
        if (method !== 'PUT') return 'pass';
        struck.set(refusal, (struck.get(refusal) ?? 0) + 1);
        return refusal;
      };
      await delay(eachMs);
      expect((await worker.get('/health/live')).status).toBe(200);
      expect((await worker.get('/health/ready')).status).toBe(200);
    }
    expect([...struck.keys()]).toEqual(refusals);
    proxy.fateOf = () => 'pass';

    await published;
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    const {msg} = await worker.untilLogged(/journal of partition/, 'Blob storage');
    assert(
      refusals.some(({code, status}) => msg.includes(`${code} (status ${status})`)),
      msg,
    );
    expect(worker.troubles.filter(({layer}) => layer !== 'Blob storage')).toEqual([]);
  },
);

test(
  'dead letters that storage refuses to keep are written once it takes them',
  {timeout: 90_000},
  async () => {
    const scenario = await Scenario.start();
    const proxy = await BlobProxy.start(scenario.stack.blob.connectionString);
    onTestFinished(() => proxy.close());
    const worker = scenario.startWorker({variables: {STORAGE_CONNECTION_STRING: proxy.connectionString}});
    await worker.untilReady();
    let left = 2 * refusals.length;
    proxy.fateOf = ({method, path}) => {
      if (method !== 'PUT' || !path.includes('/dead-letters/') || left === 0) return 'pass';
      left -= 1;
      return refusals[left % refusals.length]!;
    };
    const sample = readSample({nowMs: Date.now()});
    scenario.publish(sample.records);
    scenario.ingest(sample.rows);
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    expect(left).toBe(0);
    await worker.untilLogged(/Dead letters of partition/, 'Blob storage');
  },
);
