import {decodeCommit} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {VirtualClock} from '../../../azure/src/cosmos/virtual-clock.ts';
import {commit, reports, taken} from '../commit-fixture.ts';
import {InMemoryJournal, partition} from '../in-memory-ports.ts';
import {readJournal, writeJournal, type JournalWrite} from './write-journal.ts';

let journal: InMemoryJournal;
let clock: VirtualClock;
let stop: AbortController;
let told: ReturnType<typeof reports>;
beforeEach(() => {
  [journal, clock, stop, told] = [
    new InMemoryJournal(),
    new VirtualClock(),
    new AbortController(),
    reports(),
  ];
});

const second = taken(commit({n: 2, author: 'me'}));
const common = () => ({
  ports: {journal, clock, random: () => 0.5},
  partition,
  signal: stop.signal,
  report: told.report,
});

/** Writes commit 2 behind a commit 1 that is there, letting all waits pass. */
async function write(etag: string | undefined): Promise<JournalWrite> {
  const writing = writeJournal({...common(), taken: second, etag});
  await clock.advance(60_000);
  return writing;
}

const first = (): string => journal.put(taken(commit({n: 1})).bytes);
const there = (): unknown => decodeCommit(journal.get()!).author;

test('the next commit replaces the one before under its ETag', async () => {
  expect(await write(first())).toEqual({kind: 'written', etag: 'j2'});
  expect([there(), journal.requests]).toEqual(['me', ['write']]);
});

test('the first commit is written only where there is none', async () => {
  expect(await write(undefined)).toEqual({kind: 'written', etag: 'j1'});
  journal.put(taken(commit({author: 'somebody'})).bytes);
  expect(await write(undefined)).toEqual({kind: 'lost', cause: 'another owner wrote commit 1'});
  expect(there()).toBe('somebody');
});

test('a lost answer is settled by reading: our author means written', async () => {
  journal.writes.push('answer lost');
  expect(await write(first())).toEqual({kind: 'written', etag: 'j2'});
  expect(journal.requests).toEqual(['write', 'read']);
  expect(told.kinds()).toEqual(['journal write']);
});

test('where the old ETag still stands the very same bytes are sent again', async () => {
  journal.writes.push('never arrives', 'never arrives');
  expect(await write(first())).toEqual({kind: 'written', etag: 'j2'});
  expect(journal.requests).toEqual(['write', 'read', 'write', 'read', 'write']);
  for (const bytes of journal.sent) expect(bytes).toBe(second.bytes);
});

test('a first commit that never arrived is sent again', async () => {
  journal.writes.push('never arrives');
  expect(await write(undefined)).toMatchObject({kind: 'written'});
});

test('a repeat that is refused because the first one arrived after all is found by its author', async () => {
  const etag = first();
  journal.writes.push('never arrives');
  journal.onWrite = () => {
    if (journal.sent.length === 2) journal.put(second.bytes); // the first one, delayed in the network
  };
  expect(await write(etag)).toEqual({kind: 'written', etag: 'j2'});
});

test.each([
  ['an answered refusal', undefined],
  ['a lost answer', 'answer lost' as const],
])('%s where another owner wrote means that the partition is lost', async (_, fault) => {
  const etag = first();
  if (fault !== undefined) journal.writes.push(fault);
  journal.put(taken(commit({n: 2, author: 'somebody'})).bytes);
  expect(await write(etag)).toEqual({kind: 'lost', cause: 'another owner wrote commit 2'});
  expect(there()).toBe('somebody');
});

test('a journal that another version wrote means that the partition is lost', async () => {
  const etag = first();
  journal.put(Buffer.from('of another version'));
  expect(await write(etag)).toMatchObject({kind: 'lost'});
});

test('a journal that was deleted is not written again', async () => {
  const etag = first();
  journal.delete();
  expect(await write(etag)).toEqual({kind: 'lost', cause: 'the journal was deleted'});
  expect(journal.get()).toBeUndefined();
});

test('while storage cannot be read nothing is decided, and what it asks for is waited for', async () => {
  const etag = first();
  journal.writes.push('never arrives');
  journal.reads.push({kind: 'unavailable', cause: 'busy', retryAfterMs: 5_000});
  const writing = writeJournal({...common(), taken: second, etag});
  await clock.advance(4_999);
  expect(journal.requests).toEqual(['write', 'read']);
  await clock.advance(60_000);
  expect(await writing).toMatchObject({kind: 'written'});
  expect(told.kinds()).toEqual(['journal write', 'journal read']);
});

test('waits between tries grow up to ten seconds', async () => {
  const etag = first();
  journal.writes.push(...Array.from({length: 30}, () => 'never arrives' as const));
  void writeJournal({...common(), taken: second, etag});
  await clock.advance(60_000);
  const tries = journal.sent.length;
  expect(tries).toBeGreaterThan(8);
  await clock.advance(20_000);
  expect(journal.sent.length - tries).toBeLessThanOrEqual(3);
  stop.abort();
});

test('a signal that fires during a wait ends the tries without a verdict', async () => {
  journal.writes.push('never arrives');
  const writing = writeJournal({...common(), taken: second, etag: first()});
  await clock.advance(1);
  stop.abort();
  expect(await writing).toEqual({kind: 'aborted'});
  expect(journal.sent).toHaveLength(1);
});

test('reading ends with the signal', async () => {
  journal.reads.push({kind: 'unavailable', cause: 'busy'});
  const reading = readJournal(common());
  await clock.advance(1);
  stop.abort();
  expect(await reading).toBeUndefined();
});
