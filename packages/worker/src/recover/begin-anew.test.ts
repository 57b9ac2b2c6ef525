import {noneOpen, startMark, type Commit, type Mark} from '@weir/pipeline';
import {beforeEach, describe, expect, test} from 'vitest';
import {delta} from '../commit-fixture.ts';
import {openOf, planBeginAnew} from './anew-plan.ts';
import {dying, mark, RecoverWorld} from './recover-fixture.ts';

const letter = {
  sequenceNumber: 1,
  index: 0,
  offset: 'o1',
  enqueuedTimeMs: 1,
  reason: 'empty',
  layer: 'decode',
} as const;
const open = {runs: [7, 2], others: [8, 1]}; // 7, 8 and the second record of 8

test('a call that is told in several records is open once, by its first', () => {
  const calls = [{places: [5, 0, 9, 1], owes: 'both'}] as const;
  expect(openOf({open: {...open, calls}}).map(({sequenceNumber}) => sequenceNumber)).toEqual([5, 7, 8, 8]);
});

let world: RecoverWorld;
beforeEach(async () => {
  world = await RecoverWorld.begin();
});

/** A commit that owes something of every kind; commit 3 of the old lineage. */
function owing(fields: Partial<Commit> = {}): Commit {
  return world.putJournal(3, {
    head: mark(9),
    frontier: mark(6),
    resume: mark(5),
    open,
    deltas: [delta(10)],
    carry: [delta(100, {grain: '1h'})],
    parked: [{lineage: 'lineage1', n: 2, delta: delta(1_000, {grain: '1d'})}],
    deadLetters: [letter],
    watermarks: {arrivalMs: 20, resolvedMs: 10},
    ...fields,
  });
}

/** The documents' requests by grain, in the order 5m, 1h, 1d. */
function byGrain(): number[] {
  const of = (grain: string): number =>
    world.aggregates
      .all()
      .filter((document) => document['grain'] === grain)
      .reduce((sum, {requests}) => sum + Number(requests), 0);
  return [of('5m'), of('1h'), of('1d')];
}

const situations: readonly {
  readonly name: string;
  readonly prepare: () => void;
  readonly start: Mark | undefined;
  readonly ends: readonly number[];
}[] = [
  {
    name: 'journal lost',
    prepare: () => world.putFence(3),
    start: mark(9),
    ends: [0, 0, 0],
  },
  {
    name: 'hub made again, its last commit not applied yet',
    prepare: () => {
      owing();
      world.putFence(2);
      world.hubFacts.createdAt = 'later';
    },
    start: startMark,
    ends: [10, 100, 1_000],
  },
  {
    name: 'journal restored, begun behind it',
    prepare: () => {
      owing();
      world.putFence(8);
    },
    start: mark(20),
    ends: [10, 100, 1_000],
  },
  {
    name: 'documents restored, gone on from the journal',
    prepare: () => {
      owing();
      world.putFence(1);
    },
    start: undefined,
    ends: [10, 100, 1_000],
  },
  {
    name: 'documents restored, read again from what they hold',
    prepare: () => {
      owing();
      world.putFence(1);
    },
    start: mark(2),
    ends: [0, 0, 1_000],
  },
  {
    name: 'documents gone altogether',
    prepare: () => void owing(),
    start: undefined,
    ends: [10, 100, 1_000],
  },
  {
    name: 'another lineage',
    prepare: () => {
      owing();
      world.putFence(40, {lineage: 'another'});
    },
    start: undefined,
    ends: [10, 100, 1_000],
  },
  {
    name: 'two deployments',
    prepare: () => {
      owing();
      world.putFence(3, {author: 'the other one'});
    },
    start: undefined,
    ends: [10, 100, 1_000],
  },
];

describe.each(situations)('$name', ({prepare, start, ends}) => {
  test('is resolved: a worker goes on, and what was owed is in the documents once', async () => {
    prepare();
    expect(await world.anew(start)).toEqual({kind: 'done'});
    expect(world.commit()).toMatchObject({n: 1, hubCreatedAt: world.hubFacts.createdAt});
    expect(await world.runWorker()).toBe('running');
    expect(byGrain()).toEqual(ends);
    expect((await world.inspect()).state).toEqual({kind: 'runs'});
    expect(world.told.kinds()).not.toContain('bug');
  });

  test('is safe to repeat after a crash at any call, and to repeat once more when it is done', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let at = 1, end: unknown = 'died'; end === 'died'; at += 1) {
        world = await RecoverWorld.begin();
        prepare();
        end = await world.anew(start, dying(world.ports, {at, when}));
        const repeated = await world.anew(start);
        expect(['not stopped', {kind: 'done'}]).toContainEqual(repeated);
        const journal = world.journal.get();
        expect(await world.anew(start)).toBe('not stopped');
        expect(world.journal.get()).toBe(journal);
        await world.runWorker();
        expect(byGrain()).toEqual(ends);
        const letters = [...world.deadLetters.values()].join('').split('\n');
        expect(new Set(letters).size).toBe(letters.length);
        expect(at).toBeLessThan(50);
      }
    }
  });
});

test('commit 1 follows the fence, takes over carry and parked, and goes on where the journal stands', async () => {
  const old = owing();
  world.putFence(1);
  await world.anew(undefined);
  const {head, frontier, resume, carry, parked, watermarks} = old;
  expect(world.commit()).toEqual({
    head,
    frontier,
    resume,
    open,
    deltas: [],
    carry,
    parked,
    deadLetters: [],
    watermarks,
    lineage: expect.not.stringContaining('lineage1'),
    n: 1,
    author: expect.any(String),
    hubCreatedAt: 'then',
    follows: {lineage: 'lineage1', n: 1, author: 'author 1'},
  });
});

test('commit 1 names the dead letters that the last commit settled, so that none is counted again', async () => {
  const settles = [
    {partitionId: '3', sequenceNumber: 1, index: 0, enqueuedTimeMs: 1, as: 'counted', settledMs: 2},
  ] as const;
  owing({settles});
  world.putFence(1);
  await world.anew(undefined);
  expect(world.commit().settles).toEqual(settles);
});

test('without a fence commit 1 follows nothing, or the worker would miss what it names', async () => {
  owing();
  await world.anew(undefined);
  expect(world.commit().follows).toBeUndefined();
});

test('what waited in a hub that is gone is a dead letter of commit 1, each record once', async () => {
  owing();
  world.putFence(3);
  world.hubFacts.createdAt = 'later';
  await world.anew(startMark);
  expect(world.commit()).toMatchObject({head: startMark, open: noneOpen, hubCreatedAt: 'later'});
  const places = world.commit().deadLetters.map(({sequenceNumber, index}) => [sequenceNumber, index]);
  expect(places).toEqual([
    [7, 0],
    [8, 0],
    [8, 1],
  ]);
  await world.runWorker();
  expect([...world.deadLetters.values()].join('').trimEnd().split('\n')).toHaveLength(4);
});

test('a document that has a later commit of a restored journal does not get its carry again', async () => {
  // What the lost commits did: commit 4 brought the carried delta to its document.
  owing({deltas: [delta(100, {grain: '1h'})], carry: [], parked: [], deadLetters: []});
  world.putFence(2);
  await world.runWorker();
  world.journal.put(world.journal.get()!);
  owing({deltas: [], parked: [], deadLetters: []});
  const [document] = world.aggregates.all();
  const applied = JSON.parse(String(document!['stateApplied'])) as Record<string, number>;
  const later = Object.fromEntries(Object.keys(applied).map((key) => [key, 4]));
  world.aggregates.put({...document!, stateApplied: JSON.stringify(later)});
  world.putFence(8);
  await world.anew(mark(20));
  await world.runWorker();
  expect(byGrain()).toEqual([0, 100, 0]);
});

test('a document that has only the last commit of a restored journal gets what that one carried for it', async () => {
  owing({deltas: [delta(10, {grain: '1h'})], parked: []});
  world.putFence(8);
  await world.anew(mark(20));
  await world.runWorker();
  expect(byGrain()).toEqual([0, 110, 0]);
});

test('what is read again is neither applied nor carried nor dead-lettered', async () => {
  owing();
  world.putFence(1);
  const plan = planBeginAnew(await world.stopped(), mark(7));
  expect(plan).toMatchObject({lastCommit: 'left out', carry: 'left out'});
  expect(plan.lost).toEqual([{sequenceNumber: 7, index: 0}]);
});

test('what the commit that is read again could not write is not kept; what older ones could not is', async () => {
  const refused = delta(1_000, {grain: '1d'});
  const [older, own] = [
    {lineage: 'lineage1', n: 2, delta: refused},
    {lineage: 'lineage1', n: 3, delta: refused},
  ];
  owing({parked: [older, own]});
  world.putFence(1);
  await world.anew(mark(7));
  expect(world.commit().parked).toMatchObject([{lineage: 'lineage1', n: 2}]);
});

test('a delta that Cosmos DB refuses for good goes into the new journal under its own number', async () => {
  owing({parked: [], carry: []});
  world.putFence(1);
  world.aggregates.writes.push({kind: 'unacceptable', reason: 'full'});
  await world.anew(undefined);
  expect(world.commit().parked).toMatchObject([{lineage: 'lineage1', n: 3}]);
});

test('a journal that somebody wrote meanwhile is left to them', async () => {
  owing();
  world.putFence(1);
  const before = world.journal.get();
  world.aggregates.onWrite = () => void world.journal.put(before!);
  expect(await world.anew(undefined)).toMatchObject({kind: 'moved'});
  expect(world.journal.get()).toBe(before);
});

test('a journal that moved before the first write leaves the documents alone', async () => {
  owing();
  world.putFence(1);
  const before = world.journal.get();
  world.journal.etag = async () => ({kind: 'found', etag: world.journal.put(before!)});
  expect(await world.anew(undefined)).toMatchObject({kind: 'moved'});
  expect(world.aggregates.all()).toEqual([]);
});

test('a fence that moves meanwhile stops the partition again instead of counting twice', async () => {
  world.putFence(3);
  world.journal.onWrite = () => world.putFence(4);
  expect(await world.anew(mark(9))).toEqual({kind: 'done'});
  expect(await world.inspect()).toMatchObject({state: {kind: 'stopped', finding: {kind: 'another lineage'}}});
});

test('an answer that was lost after the journal was written is no reason to write it again', async () => {
  world.putFence(3);
  world.journal.writes.push('answer lost');
  expect(await world.anew(mark(9))).toEqual({kind: 'done'});
  expect(world.journal.sent).toHaveLength(1);
});
