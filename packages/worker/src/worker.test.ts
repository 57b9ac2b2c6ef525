import type {SourcePartition} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {settle} from '../../azure/src/cosmos/virtual-clock.ts';
import {diagnosticsRow, received} from '../../pipeline/src/event-fixture.ts';
import {noonMs} from './commit-fixture.ts';
import {partition} from './in-memory-ports.ts';
import {HandedLease} from './partition/lease-fixture.ts';
import type {PartitionSession} from './partition/partition-session.ts';
import {partitionSettings, SessionWorld} from './partition/session-fixture.ts';
import {Worker, type WorkerSettings} from './worker.ts';

const settings: WorkerSettings = {
  partition: partitionSettings,
  dedupe: {horizonMs: 10_000, idsMax: 9},
  lookup: {
    feedIntervalMs: 1_000,
    settleMs: 1_000,
    sweepAfterMs: 2_000,
    sweepAfterDefaultMs: {withFeed: 2_000, withoutFeed: 2_000},
    sweepIntervalMs: 2_000,
    deadlineMs: 20_000,
    waitMaxMs: 60_000,
    rowsAheadMax: 10,
    concurrency: 2,
  },
  flushIntervalMs: 1_000,
};

let world: SessionWorld;
let worker: Worker;
let ended: PartitionSession[];
beforeEach(async () => {
  world = new SessionWorld();
  ended = [];
  await world.clock.advance(noonMs);
  worker = new Worker({
    ports: world.ports,
    settings,
    report: world.told.report,
    workers: () => 1,
    partitionCount: () => 2,
    observer: {sessionEnded: (session) => void ended.push(session), committed: () => {}, applied: () => {}},
  });
});

async function lease(partitionId: string): Promise<HandedLease> {
  const at: SourcePartition = {...partition, partitionId};
  const {start, prelude} = await worker.beforeClaim(at, new AbortController().signal);
  expect(start).toBeUndefined();
  const handed = new HandedLease(prelude, partitionId);
  worker.onLease(handed);
  return handed;
}

async function stop(...leases: HandedLease[]): Promise<void> {
  for (const one of leases) one.lose();
  await settle();
  await worker.stop();
}

test('partitions that flush on one tick meet in one write of a document', async () => {
  const leases = [await lease('0'), await lease('1')];
  for (const [n, one] of leases.entries()) one.deliver(received(0, {id: `p${n}`}));
  worker.start();
  await world.clock.advance(3_000);
  expect(world.requests()).toEqual({usage: 2});
  expect(world.aggregates.requests.filter((request) => request.startsWith('write'))).toHaveLength(1);
  await stop(...leases);
});

test('events are counted on when their session has ended, and its observer is told', async () => {
  const one = await lease('0');
  one.deliver(received(0), received(1));
  await settle();
  expect([worker.eventsReceived, [...worker.sessions].length]).toEqual([2, 1]);
  one.lose();
  await settle();
  expect([worker.eventsReceived, [...worker.sessions].length, ended.length]).toEqual([2, 0, 1]);
  await stop();
});

test('the bound of remembered ids is shared among all partitions of the hub', async () => {
  const one = await lease('0');
  one.deliver(...Array.from({length: 9}, (_, n) => received(n)));
  await settle();
  expect([...worker.sessions][0]?.pipeline?.seenIds.size).toBeLessThanOrEqual(4);
  await stop(one);
});

test('only an owner of all partitions knows that no event will come for a row', async () => {
  const first = await lease('0');
  worker.join.offer([diagnosticsRow({requestId: 'a'})], noonMs - 30_000);
  expect(worker.takeOrphans()).toEqual([]);
  const second = await lease('1');
  worker.join.offer([diagnosticsRow({requestId: 'b'})], noonMs - 30_000);
  expect(worker.takeOrphans()).toMatchObject([{requestId: 'b'}]);
  await stop(first, second);
});

test('a hand-over commits everything and names no partition', async () => {
  const one = await lease('0');
  one.deliver(received(0));
  await settle();
  const handing = worker.handOver(20_000);
  await world.clock.advance(1_000);
  expect(await handing).toEqual([]);
  expect(world.requests()).toEqual({usage: 1});
  await stop(one);
});

test('a hand-over that storage keeps from its journal ends in time and names the partition', async () => {
  const one = await lease('0');
  one.deliver(received(0));
  await settle();
  world.journal.writes.push(...Array.from({length: 100}, () => 'never arrives' as const));
  const handing = worker.handOver(20_000);
  await world.clock.advance(20_000);
  expect(await handing).toEqual(['0']);
  await stop(one);
});

test('a hand-over whose documents are slow ends in time: the journal has what is missing', async () => {
  const one = await lease('0');
  one.deliver(received(0));
  await settle();
  world.aggregates.writes.push(
    ...Array.from({length: 100}, () => ({kind: 'throttled' as const, retryAfterMs: 5_000})),
  );
  const handing = worker.handOver(20_000);
  await world.clock.advance(20_000);
  expect(await handing).toEqual([]);
  expect(worker.writer.documentsPending).toBeGreaterThan(0);
  one.lose();
  await world.clock.advance(10_000);
  await worker.stop();
});

test('a partition that is lost during the hand-over does not fail it', async () => {
  const one = await lease('0');
  one.deliver(received(0));
  await settle();
  world.journal.onWrite = () => one.lose();
  const handing = worker.handOver(20_000);
  await world.clock.advance(20_000);
  await expect(handing).resolves.toBeInstanceOf(Array);
  expect(world.told.kinds()).toEqual([]);
  await stop();
});
