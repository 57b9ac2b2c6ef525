import {progressId} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {delta} from '../commit-fixture.ts';
import {partition} from '../in-memory-ports.ts';
import {canAdoptJournal} from './adopt-journal.ts';
import {dying, mark, RecoverWorld} from './recover-fixture.ts';

let world: RecoverWorld;
beforeEach(async () => {
  world = await RecoverWorld.begin();
});

const findings: readonly {readonly name: string; readonly putFence: () => void}[] = [
  {name: 'documents restored', putFence: () => world.putFence(1)},
  {name: 'documents gone altogether', putFence: () => {}},
  {name: 'another lineage', putFence: () => world.putFence(40, {lineage: 'another'})},
  {name: 'journal restored', putFence: () => world.putFence(8)},
  {name: 'two deployments', putFence: () => world.putFence(3, {author: 'the other one'})},
];

test.each(findings)(
  '$name: the fence names the journal’s commit, and the worker applies that and goes on',
  async ({putFence}) => {
    world.putJournal(3, {head: mark(9), resume: mark(9), deltas: [delta(10)]});
    putFence();
    const journal = world.journal.get();
    expect(await world.adopt()).toEqual({kind: 'done'});
    expect(world.progress.get(progressId(partition))).toMatchObject({
      lineage: 'lineage1',
      n: 3,
      author: 'author 3',
      headSequenceNumber: 9,
    });
    expect(world.journal.get()).toBe(journal);
    expect(world.aggregates.all()).toEqual([]);
    expect(await world.runWorker()).toBe('running');
    expect(world.requests()).toEqual({usage: 10});
  },
);

test.each(findings)(
  '$name: a repeat after a crash at any call finds it done or does it',
  async ({putFence}) => {
    for (const when of ['before', 'after'] as const) {
      for (let at = 1, end: unknown = 'died'; end === 'died'; at += 1) {
        world = await RecoverWorld.begin();
        world.putJournal(3, {deltas: [delta(10)]});
        putFence();
        end = await world.adopt(dying(world.ports, {at, when}));
        expect(['not stopped', {kind: 'done'}]).toContainEqual(await world.adopt());
        expect(await world.adopt()).toBe('not stopped');
        expect(await world.runWorker()).toBe('running');
        expect(world.requests()).toEqual({usage: 10});
      }
    }
  },
);

test('a fence or a journal that somebody wrote meanwhile is left to them', async () => {
  world.putJournal(3);
  world.putFence(1);
  world.progress.onWrite = () => {
    world.progress.onWrite = () => {};
    world.putFence(2);
  };
  expect(await world.adopt()).toMatchObject({kind: 'moved'});
  expect(world.progress.get(progressId(partition))).toMatchObject({n: 2, owner: 'worker-1'});
});

test('a fence that moved after it was shown is left alone, however it may be written now', async () => {
  world.putJournal(3);
  world.putFence(1);
  const etag = world.journal.etag.bind(world.journal);
  world.journal.etag = (at, signal) => {
    world.putFence(2);
    return etag(at, signal);
  };
  expect(await world.adopt()).toMatchObject({kind: 'moved'});
  expect(world.progress.get(progressId(partition))).toMatchObject({n: 2, owner: 'worker-1'});
});

test('an answer that was lost after the fence was written is success', async () => {
  world.putJournal(3);
  world.putFence(1);
  world.progress.writes.push('answer lost');
  expect(await world.adopt()).toEqual({kind: 'done'});
});

test('a write that never arrived is repeated under the same ETag', async () => {
  world.putJournal(3);
  world.putFence(1);
  world.progress.writes.push('never arrives');
  expect(await world.adopt()).toEqual({kind: 'done'});
  expect(world.progress.get(progressId(partition))).toMatchObject({n: 3});
});

test('a lost journal and another hub’s journal cannot be adopted', () => {
  const fence = {lineage: 'lineage1', n: 1, author: 'a'};
  expect(canAdoptJournal({kind: 'journal lost', fence})).toBe(false);
  expect(canAdoptJournal({kind: 'hub made again', journal: 'then', hub: 'now'})).toBe(false);
});
