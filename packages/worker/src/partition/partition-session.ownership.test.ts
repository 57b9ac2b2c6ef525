import {progressId} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {settle} from '../../../azure/src/cosmos/virtual-clock.ts';
import {diagnosticsRow, received} from '../../../pipeline/src/event-fixture.ts';
import {commit, noonMs, taken} from '../commit-fixture.ts';
import {partition} from '../in-memory-ports.ts';
import {SessionWorld} from './session-fixture.ts';

let world: SessionWorld;
beforeEach(() => {
  world = new SessionWorld();
});

const fence = (): Record<string, unknown> | undefined => world.progress.get(progressId(partition));

test('the next owner applies the journal’s commit again, reads on, and nothing counts twice', async () => {
  const first = await world.claim();
  first.lease.deliver(received(0), received(1));
  await world.flush(first.session);
  first.lease.deliver(received(2)); // read and never committed
  await settle();
  first.lease.lose();
  await first.running;
  const second = await world.claim();
  second.lease.deliver(received(0), received(1), received(2));
  await world.flush(second.session);
  world.join.offer(
    [0, 1, 2].map((n) => diagnosticsRow({requestId: `id-${n}`})),
    noonMs,
  );
  await world.flush(second.session);
  expect(world.requests()).toEqual({usage: 3, latency: 3});
  expect(world.told.kinds()).toEqual([]);
  second.lease.lose();
});

test('a crash between the journal’s write and its apply is made up for by the next owner', async () => {
  const first = await world.claim();
  world.progress.onWrite = () => new Promise(() => {}); // the process ends here
  first.lease.deliver(received(0));
  await world.flush(first.session);
  expect([world.commit().n, fence(), world.requests()]).toEqual([1, undefined, {}]);
  world.progress.onWrite = () => {};
  const second = await world.claim();
  second.lease.deliver(received(0));
  await settle();
  expect([fence()?.['n'], world.requests()]).toEqual([1, {usage: 1}]);
  second.lease.lose();
});

test('a journal that another owner wrote ends the session without touching the documents', async () => {
  const {session, lease, running} = await world.claim();
  lease.deliver(received(0));
  await world.flush(session);
  world.journal.put(taken(commit({n: 2, author: 'somebody'})).bytes);
  lease.deliver(received(1));
  await world.flush(session);
  await running;
  expect([session.state, lease.released]).toEqual(['ended', 'another owner has the journal']);
  expect(world.requests()).toEqual({usage: 1});
  expect(world.told.kinds()).toEqual(['partition lost']);
  expect(world.join.waiting).toBe(0);
});

test('a fence that another owner has passed ends the session before any document is written', async () => {
  const {session, lease, running} = await world.claim();
  lease.deliver(received(0));
  world.journal.onWrite = () =>
    void world.progress.put({
      id: progressId(partition),
      pk: progressId(partition),
      lineage: 'other',
      n: 1,
      author: 'x',
    });
  await world.flush(session);
  await running;
  expect(world.requests()).toEqual({});
  expect(world.told.kinds()).toEqual(['partition lost']);
});

test('a lease that ends in the middle of a request is no bug', async () => {
  const {session, lease, running} = await world.claim();
  world.journal.onWrite = () => lease.lose();
  lease.deliver(received(0));
  await world.flush(session);
  await running;
  expect(world.told.kinds()).toEqual([]);
  expect([session.state, session.owesJournal]).toEqual(['ended', true]);
});

test('a quiet owner notices by the journal’s ETag that another one has written', async () => {
  const {session, lease, running} = await world.claim();
  lease.deliver(received(0, {id: ''}));
  await world.flush(session);
  world.journal.put(taken(commit({n: 2, author: 'somebody'})).bytes);
  await world.clock.advance(10_000);
  await world.flush(session);
  await running;
  expect(world.told.kinds()).toEqual(['partition lost']);
});

test('recovery from a journal that moved since the claim starts over', async () => {
  const first = await world.claim();
  first.lease.deliver(received(0));
  await world.flush(first.session);
  const second = await world.claim();
  first.lease.deliver(received(1));
  await world.flush(first.session);
  second.lease.deliver(received(0));
  await second.running;
  expect(second.session.state).toBe('ended');
  expect(world.requests()).toEqual({usage: 2});
  first.lease.lose();
});

test('a partition whose journal is lost stays stopped with a message, and looks again later', async () => {
  const first = await world.claim();
  first.lease.deliver(received(0));
  await world.flush(first.session);
  first.lease.lose();
  await first.running;
  world.journal.delete();
  const {session, lease, running} = await world.claim();
  lease.deliver(received(0));
  await settle();
  expect([session.state, session.stopReason]).toEqual(['stopped', 'journal lost']);
  expect(session.stoppedBecause).toContain('weir recover --partition 3');
  expect(lease.released).toBeUndefined();
  await world.clock.advance(30_000);
  await running;
  expect(lease.released).toBeDefined();
  expect(world.journal.get()).toBeUndefined();
});

test('a jump restarts the receiver once; one that stays is a gap', async () => {
  const first = await world.claim();
  first.lease.deliver(received(0, {id: ''}));
  await world.flush(first.session);
  first.lease.deliver(received(5, {id: ''}));
  await first.running;
  expect(first.lease.released).toBe('a jump in the sequence numbers');
  const second = await world.claim();
  second.lease.deliver(received(5, {id: ''}));
  await world.flush(second.session);
  expect(world.told.kinds()).toEqual(['jump', 'gap']);
  expect(world.commit()).toMatchObject({n: 2, head: {sequenceNumber: 5}});
  expect(second.session.pipeline?.counts.gapEvents).toBe(4);
  second.lease.lose();
});

test('open records that expired in the hub are settled as lost, with their range', async () => {
  const first = await world.claim();
  first.lease.deliver(received(0), received(1));
  await world.flush(first.session);
  first.lease.lose();
  await first.running;
  Object.assign(world.partitionFacts, {beginningSequenceNumber: 1});
  const second = await world.claim();
  second.lease.deliver(received(1));
  await world.flush(second.session);
  expect(world.told.troubles.find(({kind}) => kind === 'lost')?.message).toContain('sequence numbers 0 to 0');
  expect([...world.deadLetters.values()].join()).toContain('"reason":"lost"');
  second.lease.lose();
});

test('a hub that does not answer lets the partition go for another try', async () => {
  const {lease, running} = await (async () => {
    world.ports.hub.hubFacts = () => Promise.reject(new Error('gone'));
    return world.claim();
  })();
  lease.deliver(received(0));
  await running;
  expect([lease.released, world.told.kinds()]).toEqual(['the hub could not be asked', ['hub facts']]);
  expect(world.journal.get()).toBeUndefined();
});
