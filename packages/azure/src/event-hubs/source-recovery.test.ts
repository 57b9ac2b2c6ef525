import {afterAll, beforeAll, beforeEach, expect, test, vi} from 'vitest';
import {EventHubsRefusedError, EventHubsUnreachableError} from './hub-questions.ts';
import {EventHubsSource} from './event-hubs-source.ts';
import {SkewedStorage} from './skewed-storage.ts';
import {numbered, SourceBench, textsOf, type ReadLease} from './source-bench.ts';

let bench: SourceBench;

beforeAll(async () => {
  bench = await SourceBench.start({partitionCount: 4});
});
beforeEach(() => bench.fresh());
afterAll(() => bench.close());

const eventually = {timeout: 10_000, interval: 20};

test('a stalled partition is noticed by the watchdog and delivered after the restart', async () => {
  const {source, leases, troubles, current} = await bench.source({
    quietCheckMs: 200,
    ownershipExpiryMs: 60_000,
  });
  await source.start();
  await vi.waitFor(() => {
    expect(leases.filter(({batchSizes}) => batchSizes.length > 0)).toHaveLength(4);
  }, eventually);
  expect(bench.emulator.stall({hub: 'gateway', partitionId: '1'})).toBe(1);
  bench.append('1', numbered('stuck', 3));
  await vi.waitFor(() => {
    const texts = current().flatMap(({events}) => textsOf(events));
    expect(texts).toEqual(['stuck0', 'stuck1', 'stuck2']);
  }, eventually);
  expect(troubles).toMatchObject([{kind: 'stalled', partitionId: '1'}]);
  expect(leases.slice(0, 4).map(({lease}) => lease.signal.reason)).toMatchObject(
    Array.from({length: 4}, () => ({end: 'restarted'})),
  );
  // The old owner id is one of ours, not another worker.
  expect(source.owners()).toBe(1);
});

test('a restart takes the same partitions at once, although the old ownership has not expired', async () => {
  const {source, leases, current} = await bench.source({ownershipExpiryMs: 60_000});
  await source.start();
  await vi.waitFor(() => expect(current()).toHaveLength(4), eventually);
  await Promise.all([source.restart('a test'), source.restart('a test')]);
  await vi.waitFor(() => expect(current()).toHaveLength(4), eventually);
  expect(leases).toHaveLength(8);
});

test('a draining source keeps what it has and claims nothing more', async () => {
  const {source, current} = await bench.source();
  await source.start();
  await vi.waitFor(() => expect(current()).toHaveLength(4), eventually);
  source.drain();
  current()[0]?.lease.release('handed over');
  const rounds = Date.now() + 800;
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(rounds), eventually);
  expect(current()).toHaveLength(3);
  expect(current().every(({lease}) => lease.isOwned)).toBe(true);
});

test.each([-300_000, 300_000])('a clock %d ms off neither steals nor lets go', async (skewMs) => {
  const skewed = await SkewedStorage.to(Number(new URL(bench.azurite.blobEndpoint).port), skewMs);
  try {
    const right = await bench.source();
    const wrong = await bench.source({proxy: {storagePort: skewed.port}});
    await right.source.start();
    await vi.waitFor(() => expect(right.current()).toHaveLength(4), eventually);
    await wrong.source.start();
    const readOn = (): ReadLease[] =>
      [...right.current(), ...wrong.current()].filter(
        ({lease, batchSizes}) => lease.isOwned && batchSizes.length > 0,
      );
    await vi.waitFor(() => {
      expect([right.current(), wrong.current()].map(({length}) => length)).toEqual([2, 2]);
      expect(readOn()).toHaveLength(4);
    }, eventually);
    const settled = readOn();
    const rounds = Date.now() + 1500;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(rounds), eventually);
    expect(settled.map(({lease}) => lease.signal.reason as unknown)).toEqual(settled.map(() => undefined));
    expect([right.source.owners(), wrong.source.owners()]).toEqual([2, 2]);
  } finally {
    await bench.closeSources();
    await skewed.close();
  }
});

test('a start at the latest position skips what is there and names the position', async () => {
  bench.append('3', numbered('old', 5));
  const {source, leases, current} = await bench.source({startPosition: 'latest'});
  await source.start();
  await vi.waitFor(() => expect(current()).toHaveLength(4), eventually);
  const started = leases.find(({lease}) => lease.partition.partitionId === '3');
  expect(started?.lease.startedAt).toMatchObject({sequenceNumber: 4});
  bench.append('3', ['new']);
  bench.append('0', ['first ever']);
  await vi.waitFor(
    () => expect(leases.flatMap(({events}) => textsOf(events)).toSorted()).toEqual(['first ever', 'new']),
    eventually,
  );
});

test('a start by time begins after it, and a beginning at the start of the log reads everything', async () => {
  bench.append('0', ['before']);
  const betweenMs = Date.now() + 5;
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(betweenMs + 5), eventually);
  bench.append('0', ['after']);
  const byTime = await bench.source({startPosition: {enqueuedAfterMs: betweenMs}});
  await byTime.source.start();
  await vi.waitFor(
    () => expect(byTime.leases.flatMap(({events}) => textsOf(events))).toEqual(['after']),
    eventually,
  );
  await byTime.source.close();
  const whole = await bench.source({
    startPosition: 'latest',
    beforeClaim: async () => ({start: {sequenceNumber: -1, offset: '-1'}, prelude: undefined}),
  });
  await whole.source.start();
  await vi.waitFor(
    () => expect(whole.leases.flatMap(({events}) => textsOf(events))).toEqual(['before', 'after']),
    eventually,
  );
});

test('a position that is not of this hub is reported as such and tried again', async () => {
  let position: {sequenceNumber: number; offset: string} | undefined = {sequenceNumber: 99, offset: '999999'};
  const {source, troubles, current} = await bench.source({
    beforeClaim: async ({partitionId}) => ({
      start: partitionId === '2' ? position : undefined,
      prelude: undefined,
    }),
  });
  await source.start();
  await vi.waitFor(() => expect(troubles[0]).toMatchObject({kind: 'position', partitionId: '2'}), eventually);
  position = undefined;
  bench.append('2', ['after the repair']);
  await vi.waitFor(() => {
    expect(current().flatMap(({events}) => textsOf(events))).toEqual(['after the repair']);
  }, eventually);
});

test('a wrong key, a missing hub and a dead port fail with errors of their own, without the key', async () => {
  const right = bench.emulator.connectionString;
  const {options} = await bench.source();
  const probe = (connectionString: string, hub: string): Promise<unknown> =>
    new EventHubsSource({...options, connection: {auth: {connectionString}, hub}}).probe();
  const wrongKey = probe(right.replace(/SharedAccessKey=[^;]*/, 'SharedAccessKey=c2VjcmV0'), 'gateway');
  await expect(wrongKey).rejects.toBeInstanceOf(EventHubsRefusedError);
  await expect(wrongKey).rejects.not.toThrow('c2VjcmV0');
  await expect(probe(right, 'missing')).rejects.toBeInstanceOf(EventHubsRefusedError);
  await expect(probe('Endpoint=nonsense;SharedAccessKey=c2VjcmV0', 'gateway')).rejects.toBeInstanceOf(
    EventHubsRefusedError,
  );
  await expect(probe(right.replace(/127.0.0.1:\d+/, '127.0.0.1:1'), 'gateway')).rejects.toBeInstanceOf(
    EventHubsUnreachableError,
  );
});
