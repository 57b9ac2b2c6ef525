import {decodeCommit, type DecodedRecord} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {gatewayEvent} from '../../../pipeline/src/event-fixture.ts';
import {commit, noonMs, taken} from '../commit-fixture.ts';
import {partition} from '../in-memory-ports.ts';
import {deadlineMs, RetryWorld} from './retry-fixture.ts';
import {letterKey} from './settled-letters.ts';

let world: RetryWorld;
beforeEach(() => {
  world = new RetryWorld();
});

/** The reasons for which letters were left, in their order; what became of the others. */
async function outcomes(options: Parameters<RetryWorld['run']>[0] = {}): Promise<string[]> {
  const end = await world.run(options);
  if (!('planned' in end)) throw new Error(`The retry ended as ${end.kind}.`);
  return end.planned.map(({verdict}) => (verdict.kind === 'left' ? verdict.reason : verdict.kind));
}

function rereadAs(record: DecodedRecord | undefined): void {
  world.reread.set(letterKey(world.letters.at(-1)!), {kind: 'record', record});
}

test('only a letter that the journal of its partition has passed, in its own lineage, counts', async () => {
  world.add(99);
  world.add(100);
  world.add(5, {}, {lineage: 'lineage0'});
  world.add(6, {}, {partitionId: '4'});
  expect(await outcomes()).toEqual([
    'counts',
    'not passed yet',
    'journal begun anew',
    'journal not readable',
  ]);
  expect(world.counted()).toMatchObject({'usage 5m eastus2': [1, 0, 0, 0]});
});

test('a record that was set aside in two lineages counts once, by the letter of the journal’s own', async () => {
  world.add(5, {}, {lineage: 'lineage0'});
  world.add(5);
  world.add(5, {}, {lineage: 'lineage00'});
  expect(await outcomes()).toEqual(['counts']);
  expect(await outcomes()).toEqual([]);
  expect(world.counted()).toMatchObject({'usage 5m eastus2': [1, 0, 0, 0]});
});

test('a journal that is begun anew while a person decides takes its letters out, and their repeats', async () => {
  world.add(1);
  world.add(2, {requestId: 'id-1'});
  const confirm = async (): Promise<'yes'> => {
    world.putJournal({lineage: 'lineage2'});
    return 'yes';
  };
  expect(await outcomes({confirm})).toEqual(['journal begun anew', 'journal begun anew']);
  expect(world.counted()).toEqual({});
  expect(world.settledKeys()).toEqual([]);
});

test('what is no event by itself now is left, each with its reason', async () => {
  const event = gatewayEvent();
  const others: readonly (DecodedRecord | undefined)[] = [
    {kind: 'malformed', reason: 'not JSON'},
    {kind: 'skipped', shape: 's'},
    {kind: 'event', event, part: {key: 's 1', kind: 'response'}},
    {kind: 'event', event, tokensOf: 's 1'},
    {kind: 'event', event: {...event, eventTimeMs: noonMs + 300_001}},
    undefined,
  ];
  for (const [at, record] of others.entries()) {
    world.add(at);
    rereadAs(record);
  }
  world.add(10);
  world.reread.set(letterKey(world.letters.at(-1)!), {kind: 'expired'});
  world.add(11);
  world.reread.set(letterKey(world.letters.at(-1)!), {kind: 'another event'});
  world.add(12, {}, {reason: 'lost'});
  expect(await outcomes()).toEqual([
    'still a dead letter',
    'no call',
    'half of a call',
    'counts told twice',
    'still a dead letter',
    'taken apart differently',
    'expired',
    'another event',
    'lost',
  ]);
  expect([world.counted(), world.settledKeys()]).toEqual([{}, []]);
});

test('a half of a call whose other half never came stays one, though it is read as a whole call now', async () => {
  world.add(1, {}, {reason: 'incomplete'});
  expect(await outcomes()).toEqual(['half of a call']);
  expect(world.counted()).toEqual({});
});

test('an event that was too early counts where the policy of now would put it', async () => {
  world.add(1, {eventTimeMs: noonMs + 3_600_000}, {reason: 'too early', layer: 'assign'});
  expect(await outcomes({assign: {earlyMaxMs: 300_000, lateMaxMs: undefined, beyond: 'clamp'}})).toEqual([
    'counts',
  ]);
  const [document] = world.aggregates.all();
  expect(document).toMatchObject({windowStart: '2024-05-17T12:05:00.000Z'});
});

test('a letter without a row waits until its deadline has passed before the question, then is unmatched', async () => {
  world.add(1);
  world.nowMs = noonMs + deadlineMs;
  expect(await outcomes()).toEqual(['diagnostics may come']);
  world.nowMs += 1;
  expect(await outcomes()).toEqual(['counts']);
  expect(world.counted()).toMatchObject({'latency 5m eastus2': [1, 0, 1, 0]});
});

test('while Log Analytics cannot be asked only letters without an id count', async () => {
  world.isDiagnosticsDown = true;
  world.add(1);
  world.add(2, {requestId: undefined});
  expect(await outcomes()).toEqual(['could not ask', 'counts']);
  expect(world.counted()).toMatchObject({'latency 5m eastus2': [1, 0, 1, 0]});
});

test('a later dead letter of a request that a retry has counted is settled without being counted', async () => {
  world.add(1);
  await world.run();
  world.add(2, {requestId: 'id-1'});
  expect(await outcomes()).toEqual(['repeat']);
  expect(world.counted()).toMatchObject({'usage 5m eastus2': [1, 0, 0, 0]});
  expect(world.settledKeys()).toHaveLength(2);
});

test('a dry run writes nothing, and a refusal only what an earlier retry owed', async () => {
  world.add(1);
  const before = world.journal.requests.filter((request) => request === 'write').length;
  expect(await world.run({mode: 'dry run'})).toMatchObject({kind: 'dry run', planned: {length: 1}});
  expect(await world.run({confirm: async () => 'no'})).toMatchObject({kind: 'not confirmed'});
  expect(world.journal.requests.filter((request) => request === 'write')).toHaveLength(before);
  expect([world.aggregates.all(), world.progress.all(), world.settledKeys()]).toEqual([[], [], []]);
});

test('what a replay has counted is settled without being counted', async () => {
  world.add(1);
  world.add(2, {requestId: 'id-1'});
  expect(await world.run({mode: 'settle only'})).toMatchObject({kind: 'done', settled: {size: 2}});
  expect(await outcomes()).toEqual([]);
  expect([world.counted(), world.settledKeys().length]).toEqual([{}, 2]);
});

test('a dry run knows what the journal names, though it is not marked yet', async () => {
  world.add(1);
  const stopped = new AbortController();
  world.settled.answers.push({kind: 'unavailable', cause: 'a test'});
  const report = (): void => stopped.abort();
  expect(await world.run({signal: stopped.signal, report})).toEqual({kind: 'aborted'});
  expect(world.settledKeys()).toEqual([]);
  expect(await world.run({mode: 'dry run'})).toMatchObject({planned: [], settledBefore: {length: 1}});
});

test('at rest the journal owes and names nothing, and its fence holds no report back', async () => {
  world.add(1);
  await world.run();
  const journal = decodeCommit(world.journal.get('retry')!);
  expect(journal).toMatchObject({n: 2, deltas: [], carry: [], parked: [], settles: []});
  expect(world.progress.get('ns.example|hub|$Default|retry')).toMatchObject({
    partition: 'retry',
    n: 2,
    headSequenceNumber: -1,
    arrivalWatermark: '9999-12-31T23:59:59.999Z',
    resolvedWatermark: '9999-12-31T23:59:59.999Z',
    lagSeconds: 0,
  });
  const written = world.journal.sent.length;
  await world.run();
  expect(world.journal.sent).toHaveLength(written);
});

test('what Cosmos DB refuses for good waits in the journal; later deltas queue behind it, up to the bound', async () => {
  const {aggregates} = world;
  const write = aggregates.write.bind(aggregates);
  aggregates.write = async (document, ...rest) =>
    document['grain'] === '5m' ? {kind: 'unacceptable', reason: 'full'} : write(document, ...rest);
  world.add(1);
  expect(await world.run()).toMatchObject({kind: 'done', parkedDocuments: 2});
  world.add(2);
  expect(await world.run({parkedDocumentsMax: 3})).toMatchObject({kind: 'done', parkedDocuments: 2});
  world.add(3);
  expect(await world.run({parkedDocumentsMax: 2})).toMatchObject({kind: 'cut short', settled: {size: 0}});
  expect(world.counted()).toEqual({'usage 1h eastus2': [2, 0, 0, 0]});
  aggregates.write = write;
  expect(await world.run()).toMatchObject({kind: 'done', parkedDocuments: 0});
  expect(world.counted()).toEqual({
    'latency 5m eastus2': [3, 0, 3, 0],
    'usage 1h eastus2': [3, 0, 0, 0],
    'usage 5m eastus2': [3, 0, 0, 0],
  });
  expect(decodeCommit(world.journal.get('retry')!).parked).toEqual([]);
});

test('a journal that was lost stops every retry, and one of a hub that was made again does not', async () => {
  world.add(1);
  await world.run();
  world.add(2, {}, {enqueuedTimeMs: noonMs + 1});
  expect(await world.run({hubCreatedAt: 'later'})).toMatchObject({kind: 'done'});
  expect(decodeCommit(world.journal.get('retry')!).hubCreatedAt).toBe('later');
  world.journal.delete();
  world.putJournal({});
  expect(await world.run()).toMatchObject({kind: 'stopped', finding: {kind: 'journal lost'}});
});

test('a journal of another version is not read as an empty one', async () => {
  world.add(1);
  const {bytes} = taken(commit());
  await world.journal.write(
    {...partition, partitionId: 'retry'},
    {bytes: bytes.slice(4), ifMatch: undefined},
  );
  await expect(world.run()).rejects.toThrow('The journal is damaged');
});
