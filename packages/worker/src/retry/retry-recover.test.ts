import {decodeCommit, startMark, type Mark} from '@weir/pipeline';
import {expect, test} from 'vitest';
import {partition} from '../in-memory-ports.ts';
import {adoptJournal} from '../recover/adopt-journal.ts';
import {planBeginAnew} from '../recover/anew-plan.ts';
import {beginAnew} from '../recover/begin-anew.ts';
import {inspectPartition, isStopped} from '../recover/inspect.ts';
import {RetryWorld} from './retry-fixture.ts';
import {retryPartitionId} from './retry-partition.ts';

const retryPartition = {...partition, partitionId: retryPartitionId};
const noRetention = {'5m': undefined, '1h': undefined, '1d': undefined};

/** What `weir recover --partition retry --begin-anew` does. */
async function recover(world: RetryWorld, start: Mark | undefined): Promise<string> {
  const {signal} = new AbortController();
  const {ports} = world;
  const {report} = world.told;
  const common = {ports, signal, report};
  const inspection = await inspectPartition({...common, partition: retryPartition, hubCreatedAt: 'later'});
  if (!isStopped(inspection)) return inspection.state.kind;
  const plan = planBeginAnew(inspection, start);
  const end = await beginAnew({...common, retentionMs: noRetention, stopped: inspection, plan, owner: 'r'});
  return end.kind;
}

/** As storage gives back an older copy: the one after `written` writes. */
async function restore(world: RetryWorld, written: number): Promise<void> {
  const there = await world.journal.etag(retryPartition);
  await world.journal.write(retryPartition, {
    bytes: world.journal.sent[written - 1]!,
    ifMatch: there.kind === 'found' ? there.etag : undefined,
  });
}

/** What an earlier version of `weir recover --partition retry --adopt-journal` did. */
async function adopt(world: RetryWorld): Promise<void> {
  const {signal} = new AbortController();
  const common = {ports: world.ports, signal, report: world.told.report};
  const stopped = await inspectPartition({...common, partition: retryPartition, hubCreatedAt: 'later'});
  if (!isStopped(stopped)) throw new Error('The partition is not stopped.');
  expect(await adoptJournal({...common, stopped, owner: 'r'})).toEqual({kind: 'done'});
}

test('a restored journal is begun anew, and what it settled is not counted again', async () => {
  const world = new RetryWorld();
  world.add(1);
  await world.run();
  expect(await recover(world, undefined)).toBe('runs');
  await restore(world, 1);
  world.settled.blobs.clear();
  world.add(2);
  expect(await world.run()).toMatchObject({kind: 'stopped', finding: {kind: 'journal restored'}});
  expect(await recover(world, startMark)).toBe('done');
  expect(await world.run()).toMatchObject({kind: 'done', settled: {size: 1}, settledBefore: {length: 1}});
  expect(world.counted()).toMatchObject({'usage 5m eastus2': [2, 0, 0, 0]});
});

test('the hub of a retry journal is not asked about: it was made again, and retries go on', async () => {
  const world = new RetryWorld();
  world.add(1);
  await world.run();
  expect(await recover(world, undefined)).toBe('runs');
});

test.each([1, 2])(
  'a restored journal that was adopted at commit %i counts nothing under a number that was given before',
  async (n) => {
    const world = new RetryWorld();
    world.add(1);
    await world.run();
    world.add(2);
    await world.run();
    await restore(world, n);
    world.add(3, {region: 'westus'});
    await adopt(world);
    const [counted, marks] = [world.counted(), world.settledKeys()];
    for (const _ of [1, 2]) expect(await world.run()).toEqual({kind: 'older copy', n, marked: 3});
    expect([world.counted(), world.settledKeys()]).toEqual([counted, marks]);

    // The way out: without the copy the journal is lost, and begun anew.
    world.journal.delete();
    world.putJournal({});
    expect(await recover(world, startMark)).toBe('done');
    expect(await world.run()).toMatchObject({kind: 'done', settled: {size: 1}, settledBefore: {length: 2}});
    expect(await world.run()).toMatchObject({kind: 'done', settled: {size: 0}, settledBefore: {length: 3}});
    expect(world.counted()).toMatchObject({
      'usage 5m eastus2': [2, 0, 0, 0],
      'usage 5m westus': [1, 0, 0, 0],
    });
  },
);

test('documents and journal of one earlier moment go on once the later marks are gone', async () => {
  const world = new RetryWorld();
  world.add(1);
  await world.run();
  const journal = world.journal.get('retry')!;
  const earlier = [world.aggregates.all(), world.progress.all()] as const;
  world.add(2);
  await world.run();

  const restored = new RetryWorld();
  restored.letters.push(...world.letters);
  for (const [key, reread] of world.reread) restored.reread.set(key, reread);
  for (const [name, letters] of world.settled.blobs) restored.settled.blobs.set(name, letters);
  await restored.journal.write(retryPartition, {bytes: journal, ifMatch: undefined});
  for (const document of earlier[0]) await restored.aggregates.write(document, undefined);
  for (const document of earlier[1]) await restored.progress.write(document, undefined);
  expect(await restored.run()).toEqual({kind: 'older copy', n: 2, marked: 3});
  for (const name of restored.settled.blobs.keys())
    if (name.endsWith('/3')) restored.settled.blobs.delete(name);
  expect(await restored.run()).toMatchObject({kind: 'done', settled: {size: 1}});
  expect(restored.counted()).toEqual(world.counted());
});

test('a commit whose number has other marks is neither lost nor taken as marked', async () => {
  const world = new RetryWorld();
  world.add(1);
  const stopped = new AbortController();
  world.settled.answers.push({kind: 'unavailable', cause: 'a test'});
  await world.run({signal: stopped.signal, report: () => stopped.abort()});
  const {lineage} = decodeCommit(world.journal.get('retry')!);
  world.settled.blobs.set(`${lineage}/1`, []);
  expect(await world.run()).toEqual({kind: 'older copy', n: 1, marked: 1});
  expect(decodeCommit(world.journal.get('retry')!)).toMatchObject({n: 1, settles: {length: 1}});
});
