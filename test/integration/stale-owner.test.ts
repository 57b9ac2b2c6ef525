import {expect, onTestFinished, test} from 'vitest';
import {readSample, samplePartitions} from '../oracle/sample.ts';
import {BlobProxy, type BlobFate} from './blob-proxy.ts';
import {eventually} from './eventually.ts';
import {Scenario} from './scenario.ts';

const preconditionFailed = 412;
/** Longer than expiry, claims and recovery of the next owner, which the test waits for. */
const heldMs = 10_000;

test(
  'a journal write that arrives after the partition went to another worker is refused',
  {timeout: 120_000},
  async () => {
    const scenario = await Scenario.start();
    const proxy = await BlobProxy.start(scenario.stack.blob.connectionString);
    onTestFinished(() => proxy.close());
    const sample = readSample({nowMs: Date.now()});
    scenario.ingest(sample.rows);
    const stale = scenario.startWorker({variables: {STORAGE_CONNECTION_STRING: proxy.connectionString}});
    await scenario.untilAllBegun(stale);

    const held = Promise.withResolvers<BlobFate>();
    onTestFinished(() => held.resolve('requestLost'));
    let heldPath: string | undefined;
    let answer: number | undefined;
    proxy.fateOf = ({method, path}) => {
      if (method !== 'PUT' || !path.includes('/journal/') || heldPath !== undefined) return 'pass';
      heldPath = path;
      stale.signal('SIGSTOP');
      return held.promise;
    };
    proxy.answered = ({method, path}, status) => {
      if (method === 'PUT' && path === heldPath) answer = status;
    };
    const half = Math.floor(sample.records.length / 2);
    scenario.publish(sample.records.slice(0, half));
    const next = scenario.startWorker();
    await next.metricsWhen((now) => now.sum('weir_partitions_owned') === samplePartitions);
    await scenario.untilCommitted(half);
    held.resolve('pass');
    await eventually(() => answer, {within: 10_000, otherwise: () => 'the held write was not answered'});
    expect(answer).toBe(preconditionFailed);

    stale.signal('SIGCONT');
    scenario.publish(sample.records.slice(half));
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
  },
);

test(
  'a document write that arrives after the next owner has applied the same commit adds nothing',
  {timeout: 120_000},
  async () => {
    const scenario = await Scenario.start();
    const sample = readSample({nowMs: Date.now()});
    scenario.ingest(sample.rows);
    const stale = scenario.startWorker();
    await scenario.untilAllBegun(stale);

    let heldId: string | undefined;
    const holding = scenario.cosmos.injectFault({
      kind: 'latency',
      ms: heldMs,
      operations: ['create', 'replace'],
      id: (id) => {
        if (!id.includes('_')) return false;
        heldId = id;
        stale.signal('SIGSTOP');
        return true;
      },
    });
    const half = Math.floor(sample.records.length / 2);
    scenario.publish(sample.records.slice(0, half));
    await eventually(() => heldId, {
      within: 30_000,
      otherwise: () => `no document is written. ${stale.output()}`,
    });
    const writesOfHeld = (): number[] =>
      scenario.cosmos.requests
        .filter(({id, operation}) => id === heldId && operation !== 'read')
        .map(({status}) => status);
    const next = scenario.startWorker();
    await next.metricsWhen((now) => now.sum('weir_partitions_owned') === samplePartitions);
    await scenario.untilCommitted(half);
    // The first that was carried out is the next owner's; the held one comes late, to a document that has the commit.
    await eventually(
      () =>
        writesOfHeld().some((status) => status === 409 || status === preconditionFailed) ? true : undefined,
      {
        within: 2 * heldMs,
        otherwise: () => `the held write was answered ${writesOfHeld().join()}`,
      },
    );
    expect(writesOfHeld()[0]).toBeLessThan(300);
    expect(holding.struck).toBe(1);

    stale.signal('SIGCONT');
    scenario.publish(sample.records.slice(half));
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
  },
);
