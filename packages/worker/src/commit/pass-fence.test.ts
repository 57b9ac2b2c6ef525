import {progressDocument, progressId, type Progress} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {VirtualClock} from '../../../azure/src/cosmos/virtual-clock.ts';
import {commit, reports} from '../commit-fixture.ts';
import {InMemoryDocuments, partition} from '../in-memory-ports.ts';
import {passFence, readFenceCopy, type FenceCopy, type FencePass} from './pass-fence.ts';

const progress: Progress = {watermarks: {arrivalMs: 0, resolvedMs: 0}, lagMs: 0, owner: 'worker', nowMs: 0};
const id = progressId(partition);
let own = commit({n: 5, author: 'me'});

let documents: InMemoryDocuments;
let clock: VirtualClock;
let stop: AbortController;
let told: ReturnType<typeof reports>;
beforeEach(() => {
  own = commit({n: 5, author: 'me'});
  [documents, clock, stop, told] = [
    new InMemoryDocuments(),
    new VirtualClock(),
    new AbortController(),
    reports(),
  ];
});

const common = () => ({
  ports: {progress: documents, clock, random: () => 0.5},
  partition,
  signal: stop.signal,
  report: told.report,
});

async function pass(copy?: FenceCopy): Promise<FencePass> {
  const passing = passFence({...common(), commit: own, progress: () => progress, copy});
  await clock.advance(60_000);
  return passing;
}

function fenceAt(fields: Partial<typeof own>): FenceCopy {
  const at = {...own, ...fields};
  const etag = documents.put(progressDocument(partition, at, progress));
  return {etag, name: {lineage: at.lineage, n: at.n, author: at.author}};
}

test('the first commit of a journal makes the fence', async () => {
  own = commit({n: 1, author: 'me'});
  expect(await pass()).toMatchObject({
    kind: 'passed',
    copy: {name: {lineage: 'lineage1', n: 1, author: 'me'}},
  });
  expect(documents.get(id)).toMatchObject({n: 1, author: 'me', owner: 'worker'});
});

test.each([
  ['a later commit', commit({n: 5})],
  ['a journal begun anew', commit({n: 1, follows: {lineage: 'old', n: 9, author: 'x'}})],
])('%s that finds no fence is stale: the document was lost', async (_, one) => {
  own = one;
  expect(await pass()).toEqual({kind: 'stale', fence: undefined});
  expect(documents.all()).toEqual([]);
});

test('a commit moves the fence forward, under the copy’s ETag and without a read', async () => {
  expect(await pass(fenceAt({n: 4, author: 'x'}))).toMatchObject({kind: 'passed'});
  expect(documents.requests).toEqual([`write ${id}`]);
  expect(documents.get(id)?.['n']).toBe(5);
});

test('the fence is rewritten with the same commit, so that its watermarks move', async () => {
  expect(await pass(fenceAt({}))).toMatchObject({kind: 'passed', copy: {etag: 'd2'}});
});

test.each([
  ['a higher number', {n: 6}],
  ['its own number by another author', {author: 'somebody'}],
  ['another lineage', {lineage: 'other', n: 1}],
])('%s at the fence is stale and is left as it is', async (_, fields) => {
  const {name} = fenceAt(fields);
  const before = documents.get(id);
  expect(await pass()).toEqual({kind: 'stale', fence: name});
  expect(documents.get(id)).toEqual(before);
});

test('a refused write is judged by what stands there now', async () => {
  const copy = fenceAt({n: 4});
  fenceAt({n: 6, author: 'somebody'});
  expect(await pass(copy)).toMatchObject({kind: 'stale', fence: {n: 6}});
  expect(told.kinds()).toEqual([]);
});

test('a refused write whose fence is still behind is tried again', async () => {
  const copy = fenceAt({n: 3});
  fenceAt({n: 4});
  expect(await pass(copy)).toMatchObject({kind: 'passed'});
});

test.each(['answer lost', 'never arrives'] as const)(
  'a write whose fate is unclear (%s) is read back and passes',
  async (fault) => {
    documents.writes.push(fault);
    expect(await pass(fenceAt({n: 4}))).toMatchObject({kind: 'passed'});
    expect(documents.get(id)).toMatchObject({n: 5, author: 'me'});
  },
);

test('an unclear write after which another owner stands there is stale', async () => {
  const copy = fenceAt({n: 4});
  documents.writes.push('never arrives');
  documents.onWrite = () => void fenceAt({n: 5, author: 'somebody'});
  expect(await pass(copy)).toMatchObject({kind: 'stale', fence: {author: 'somebody'}});
});

test('a throttled write waits as long as the service asks', async () => {
  own = commit({n: 1});
  documents.writes.push({kind: 'throttled', retryAfterMs: 3_000});
  const passing = passFence({...common(), commit: own, progress: () => progress, copy: undefined});
  await clock.advance(2_999);
  expect(documents.get(id)).toBeUndefined();
  await clock.advance(2_000);
  expect(await passing).toMatchObject({kind: 'passed'});
  expect(told.kinds()).toEqual(['throttled']);
});

test('a container that may not be written is said with its reason and tried again', async () => {
  own = commit({n: 1});
  documents.writes.push({kind: 'forbidden', reason: 'the role is missing'});
  expect(await pass()).toMatchObject({kind: 'passed'});
  expect(told.troubles[0]?.message).toContain('the role is missing');
});

test('a read that fails is repeated, and ends with the signal', async () => {
  own = commit({n: 1});
  documents.reads.push({kind: 'unavailable', cause: 'down'}, {kind: 'throttled', retryAfterMs: 10});
  expect(await pass()).toMatchObject({kind: 'passed'});
  documents.reads.push({kind: 'unavailable', cause: 'down'});
  const reading = readFenceCopy(common());
  await clock.advance(1);
  stop.abort();
  expect(await reading).toBe('aborted');
});

test('a fence that no version wrote is an error, not an open gate', async () => {
  documents.put({id, pk: id, n: 'four'});
  await expect(readFenceCopy(common())).rejects.toThrow(TypeError);
});
