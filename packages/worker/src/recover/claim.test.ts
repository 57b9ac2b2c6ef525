import {CommitFormatError, progressDocument} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {settle, VirtualClock} from '../../../azure/src/cosmos/virtual-clock.ts';
import {commit, reports, taken} from '../commit-fixture.ts';
import {InMemoryDocuments, InMemoryJournal, partition} from '../in-memory-ports.ts';
import {ClaimAbortedError, readClaim, startOf} from './claim.ts';
import {judgeClaim} from './judge-claim.ts';

const progress = {watermarks: {arrivalMs: 0, resolvedMs: 0}, lagMs: 0, owner: 'w', nowMs: 0};

let journal: InMemoryJournal;
let documents: InMemoryDocuments;
let clock: VirtualClock;
let stop: AbortController;
beforeEach(() => {
  [journal, documents, clock, stop] = [
    new InMemoryJournal(),
    new InMemoryDocuments(),
    new VirtualClock(),
    new AbortController(),
  ];
});

const common = () => ({
  ports: {journal, progress: documents, clock, random: () => 0.5},
  partition,
  signal: stop.signal,
  report: reports().report,
});
const write = (n: number, fields: Parameters<typeof commit>[0] = {}): string =>
  journal.put(taken(commit({n, ...fields})).bytes);
const fence = (n: number, fields: Parameters<typeof commit>[0] = {}): string =>
  documents.put(progressDocument(partition, commit({n, ...fields}), progress));

test('the fence is read before the journal, or a commit in between would look like a restored journal', async () => {
  fence(1);
  write(1);
  const order: string[] = [];
  const read = documents.read.bind(documents);
  documents.read = (key, signal) => {
    order.push('fence');
    expect(journal.requests).toEqual([]);
    return read(key, signal);
  };
  expect(await readClaim(common())).toMatchObject({fence: {name: {n: 1}}, journal: {commit: {n: 1}}});
  expect([...order, ...journal.requests]).toEqual(['fence', 'read']);
});

test('reading starts behind the journal’s resume position, and without a journal nowhere in particular', async () => {
  write(1, {resume: {sequenceNumber: 7, offset: 'o7', enqueuedTimeMs: 70}});
  expect(startOf(await readClaim(common()), {startsAtTime: false})).toEqual({
    sequenceNumber: 7,
    offset: 'o7',
  });
  journal.delete();
  expect(startOf(await readClaim(common()), {startsAtTime: false})).toBeUndefined();
});

test('a journal of another version is left alone', async () => {
  journal.put(Buffer.from('something else'));
  await expect(readClaim(common())).rejects.toThrow(CommitFormatError);
});

test('a claim that cannot be read in time is given up', async () => {
  journal.reads.push({kind: 'unavailable', cause: 'down'});
  const claiming = readClaim(common());
  await settle();
  stop.abort();
  await expect(claiming).rejects.toThrow(ClaimAbortedError);
});

async function judged(): Promise<ReturnType<typeof judgeClaim>> {
  return judgeClaim({...common(), claim: await readClaim(common()), hubCreatedAt: 'then'});
}

test('an explained difference is judged at once', async () => {
  expect(await judged()).toMatchObject({kind: 'begin'});
  write(2);
  fence(1);
  expect(await judged()).toMatchObject({kind: 'apply', claim: {journal: {commit: {n: 2}}}});
  fence(3);
  expect(await judged()).toMatchObject({kind: 'stop', finding: {kind: 'journal restored'}});
  expect(clock.now()).toBe(0);
});

test('a fence two behind is read again for 30 s before the partition stops', async () => {
  write(4);
  fence(2);
  let isOver = false;
  const judging = judged().finally(() => (isOver = true));
  await clock.advance(29_999);
  expect(isOver).toBe(false);
  await clock.advance(2_000);
  expect(await judging).toMatchObject({kind: 'stop', finding: {kind: 'documents restored'}});
});

test('a stale read of the fence is mended by reading again, with what was read last', async () => {
  write(4);
  fence(2);
  const judging = judged();
  await clock.advance(10_000);
  fence(3);
  await clock.advance(2_000);
  expect(await judging).toMatchObject({kind: 'apply', claim: {fence: {name: {n: 3}}}});
});

test('a journal that moved while it was judged means starting over', async () => {
  write(4);
  fence(2);
  const judging = judged();
  await clock.advance(1_000);
  write(5);
  await clock.advance(2_000);
  expect(await judging).toEqual({kind: 'moved'});
});

test('another lineage at the fence is final only after 30 s', async () => {
  write(4);
  fence(9, {lineage: 'another'});
  const judging = judged();
  await clock.advance(40_000);
  expect(await judging).toMatchObject({kind: 'stop', finding: {kind: 'another lineage'}});
});
