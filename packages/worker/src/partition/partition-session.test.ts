import {progressId} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {settle} from '../../../azure/src/cosmos/virtual-clock.ts';
import {diagnosticsRow, received} from '../../../pipeline/src/event-fixture.ts';
import {noonMs} from '../commit-fixture.ts';
import {partition} from '../in-memory-ports.ts';
import {SessionWorld} from './session-fixture.ts';

let world: SessionWorld;
beforeEach(() => {
  world = new SessionWorld();
});

const fence = (): Record<string, unknown> | undefined => world.progress.get(progressId(partition));

test('what was read is in journal, fence, documents and checkpoint after a flush', async () => {
  const {session, lease} = await world.claim();
  lease.deliver(received(0), received(1));
  await world.flush(session);
  expect(world.commit()).toMatchObject({n: 1, head: {sequenceNumber: 1}, open: {runs: [0, 2]}});
  expect(fence()).toMatchObject({n: 1, owner: 'worker-1', headSequenceNumber: 1});
  expect(world.requests()).toEqual({usage: 2});
  world.join.offer([diagnosticsRow({requestId: 'id-0'}), diagnosticsRow({requestId: 'id-1'})], noonMs);
  await world.flush(session);
  expect(world.requests()).toEqual({usage: 2, latency: 2});
  expect(session.isSettled).toBe(true);
  lease.lose();
});

test('a quiet owner rewrites the fence with the same number every 30 s', async () => {
  const {session, lease} = await world.claim();
  lease.deliver(received(0, {id: ''}));
  await world.flush(session);
  const before = fence()?.['updatedAt'];
  await world.clock.advance(29_000);
  await world.flush(session);
  expect(fence()).toMatchObject({n: 1});
  expect(fence()?.['updatedAt']).not.toBe(before);
  expect(world.commit().n).toBe(1);
  lease.lose();
});

test('dead letters are written once for their commit', async () => {
  const {session, lease} = await world.claim();
  lease.deliver(received(0, {body: 'nonsense'}), received(1, {id: ''}));
  await world.flush(session);
  const [[name, text]] = [...world.deadLetters] as [[string, string]];
  expect(name).toBe(`${world.commit().lineage}/1`);
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  ).toMatchObject([{sequenceNumber: 0, index: 0, reason: 'not JSON'}]);
  lease.lose();
});

test('reading pauses while as many events wait as memory is set to hold, and goes on after', async () => {
  const {session, lease} = await world.claim({waitingMax: 2});
  lease.deliver(received(0), received(1));
  await settle();
  lease.deliver(received(2));
  await world.clock.advance(1_000);
  expect([session.pause, lease.undelivered]).toEqual(['waiting for diagnostics', 1]);
  world.join.offer([diagnosticsRow({requestId: 'id-0'})], noonMs);
  await world.clock.advance(1_000);
  expect([session.pipeline?.head.sequenceNumber, lease.undelivered]).toEqual([2, 0]);
  lease.lose();
});

test('a hand-over commits with nothing left to carry, checkpoints, and reads no further', async () => {
  const {session, lease} = await world.claim({refreshMs: {'5m': 3_600_000, '1h': 0, '1d': 0}});
  lease.deliver(received(0, {id: ''}));
  await world.flush(session);
  lease.deliver(received(1, {id: '', atMs: noonMs + 60_000}));
  await world.flush(session);
  expect(world.commit().carry).toHaveLength(2);
  const handing = session.handOver();
  await world.clock.advance(1_000);
  await handing;
  expect(world.commit()).toMatchObject({n: 3, carry: []});
  expect(world.requests()).toEqual({usage: 2, latency: 2});
  expect([session.owesJournal, world.checkpoints.at(-1)]).toEqual([
    false,
    world.commit().resume.sequenceNumber,
  ]);
  lease.lose();
});

test('refused documents are parked, tried again every minute, and accepted in the end', async () => {
  const {session, lease} = await world.claim();
  lease.deliver(received(0, {id: ''}));
  world.aggregates.writes.push({kind: 'unacceptable', reason: 'too large'});
  await world.flush(session);
  expect(world.told.kinds()).toEqual(['parked']);
  await world.flush(session);
  expect(world.commit()).toMatchObject({n: 2, parked: [{n: 1}]});
  lease.deliver(received(1, {id: ''}));
  await world.flush(session);
  expect(world.requests()).toEqual({latency: 2}); // what comes for the refused one queues behind it
  await world.clock.advance(60_000);
  await world.flush(session);
  await world.flush(session);
  expect(world.requests()).toEqual({usage: 2, latency: 2});
  expect(world.commit().parked).toEqual([]);
  lease.lose();
});

test('a partition with too many refused documents is not read further, and goes on once they are accepted', async () => {
  const {session, lease} = await world.claim({parkedDocumentsMax: 2});
  lease.deliver(received(0, {id: ''}));
  await settle();
  world.aggregates.writes.push(
    {kind: 'unacceptable', reason: 'full'},
    {kind: 'unacceptable', reason: 'full'},
  );
  await world.flush(session);
  lease.deliver(received(1, {id: ''}));
  await settle();
  expect(session.pause).toBe('refused documents');
  expect(world.told.kinds()).toEqual(['parked', 'parked limit']);
  await world.flush(session);
  await world.clock.advance(60_000);
  await world.flush(session);
  await world.clock.advance(1_000);
  expect(session.pause).toBeUndefined();
  expect(world.requests()).toEqual({usage: 2, latency: 2});
  lease.lose();
});

test('a partition that starts at a time commits only once an event stands behind it', async () => {
  const {session, lease} = await world.claim({startsAtTime: true});
  lease.deliver();
  await world.flush(session);
  expect(world.journal.get()).toBeUndefined();
  lease.deliver(received(7));
  await world.flush(session);
  expect(world.commit()).toMatchObject({n: 1, head: {sequenceNumber: 7}});
  lease.lose();
});

test('lag is that of the head, and none once the partition was read to its end', async () => {
  const {session, lease} = await world.claim();
  lease.deliver(received(0));
  await settle();
  expect(session.lagMs(noonMs + 5_000)).toBe(5_000);
  expect(session.readUntilMs(noonMs + 5_000)).toBe(noonMs);
  lease.deliver();
  await settle();
  expect([session.lagMs(noonMs + 5_000), session.readUntilMs(noonMs + 5_000)]).toEqual([0, noonMs + 5_000]);
  lease.lose();
});
