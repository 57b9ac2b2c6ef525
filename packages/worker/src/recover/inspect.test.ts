import {CommitFormatError} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {partition} from '../in-memory-ports.ts';
import {inspectPartitions} from './inspect.ts';
import {mark, RecoverWorld} from './recover-fixture.ts';
import {watchForMs, watchForWriters} from './watch-for-writers.ts';

let world: RecoverWorld;
beforeEach(async () => {
  world = await RecoverWorld.begin();
});

test('a partition is new, runs, or is stopped with a finding, and looking writes nothing', async () => {
  expect((await world.inspect()).state).toEqual({kind: 'new'});
  world.putJournal(2);
  world.putFence(1, {head: mark(7), frontier: mark(4)});
  const inspection = await world.inspect();
  expect(inspection).toMatchObject({
    state: {kind: 'runs'},
    seen: {headSequenceNumber: 7, frontierSequenceNumber: 4, owner: 'worker-1'},
  });
  world.putFence(3);
  expect((await world.inspect()).state).toMatchObject({kind: 'stopped', finding: {kind: 'journal restored'}});
  const requests = [...world.journal.requests, ...world.progress.requests, ...world.aggregates.requests];
  expect(requests.filter((request) => request.startsWith('write'))).toEqual([]);
});

test('a journal that moves while it is judged is judged anew, and counts as running when it keeps moving', async () => {
  world.putJournal(5);
  world.putFence(1);
  const write = world.journal.read.bind(world.journal);
  let n = 5;
  world.journal.read = (at, signal) => {
    world.putJournal((n += 1));
    return write(at, signal);
  };
  expect((await world.inspect()).state).toEqual({kind: 'runs'});
});

test('one journal that cannot be read does not keep the others from being told', async () => {
  world.journal.put(Buffer.from('something else'));
  const other = {...partition, partitionId: '4'};
  const [first, second] = await inspectPartitions([partition, other], {
    ports: world.ports,
    hubCreatedAt: 'then',
    signal: world.signal,
    report: world.told.report,
  });
  expect(first).toMatchObject({status: 'rejected', reason: expect.any(CommitFormatError)});
  expect(second).toMatchObject({status: 'fulfilled', value: {state: {kind: 'new'}}});
});

test('a fence that a worker rewrites within the time that it may be silent is seen to move', async () => {
  world.putFence(3);
  const inspection = await world.inspect();
  const options = {ports: world.ports, inspection, signal: world.signal, report: world.told.report};
  const quiet = watchForWriters(options);
  await world.clock.advance(watchForMs + 2_000);
  expect(await quiet).toBe('quiet');
  const watching = watchForWriters(options);
  await world.clock.advance(watchForMs - 5_000);
  world.putFence(3); // the same commit once more, as a quiet partition's owner writes it
  await world.clock.advance(5_000);
  expect(await watching).toBe('moving');
});
