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
