import type {StoredDeadLetter} from '@weir/azure';
import {startStack, type Stack} from '@weir/emulators';
import {builtInShapes, createDecoder} from '@weir/pipeline';
import {letterKey, type Reread} from '@weir/worker';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {rereadLetters} from './reread-letters.ts';

const hub = 'gateway-logs';
const enqueuedTimeMs = Date.parse('2024-05-17T13:15:02.000Z');
/** More than is read over for a single one. */
const events = 12_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({hub, partitionCount: 2});
  append('0', events);
  append('1', 3);
  stack.eventHubs.expire({hub, partitionId: '0', count: 5});
  stack.eventHubs.skipSequenceNumbers({hub, partitionId: '1', count: 2});
  append('1', 1);
});
afterAll(() => stack.close());

/** Each tells its own number as its status. */
function append(partitionId: string, count: number): void {
  const appended = Array.from({length: count}, (_, n) => ({
    body: Buffer.from(JSON.stringify([{}, {schemaVersion: 1, requestId: `${n}`, status: 100 + (n % 400)}])),
    enqueuedTimeMs,
  }));
  stack.eventHubs.append({hub, partitionId, events: appended});
}

function letter(partitionId: string, sequenceNumber: number, fields: Partial<StoredDeadLetter> = {}) {
  const place = {partitionId, sequenceNumber, index: 1, offset: '', enqueuedTimeMs};
  return {...place, reason: 'unknown shape', layer: 'decode', lineage: 'l', n: 1, ...fields} as const;
}

async function reread(letters: readonly StoredDeadLetter[]): Promise<string[]> {
  const looked: number[] = [];
  const found = await rereadLetters(letters, {
    connection: {auth: {connectionString: stack.eventHubs.connectionString}, hub},
    decoder: createDecoder({shapes: builtInShapes}),
    signal: AbortSignal.timeout(30_000),
    onLooked: () => void looked.push(1),
  });
  return letters.map((one) => text(found.get(letterKey(one))!));
}

function text(found: Reread): string {
  if (found.kind !== 'record') return found.kind;
  const {record} = found;
  return record?.kind === 'event' ? `status ${record.event.status}` : String(record?.kind);
}

test('records are found however far apart their events lie, each by its place in the body', async () => {
  const before = stack.eventHubs.deliveredEvents(hub, '0');
  const letters = [letter('0', 11_999), letter('0', 5), letter('0', 6), letter('0', 6, {index: 0})];
  expect(await reread([...letters, letter('1', 2)])).toEqual([
    'status 499',
    'status 105',
    'status 106',
    'malformed',
    'status 102',
  ]);
  expect(stack.eventHubs.deliveredEvents(hub, '0') - before).toBeLessThan(events);
});

test('an event that is not there, or is another one, is told apart from a body that holds fewer records', async () => {
  const letters = [
    letter('0', 4),
    letter('1', 3),
    letter('1', 6),
    letter('7', 0),
    letter('1', 0, {enqueuedTimeMs: enqueuedTimeMs + 1}),
    letter('1', 1, {index: 2}),
  ];
  expect(await reread(letters)).toEqual([
    'expired',
    'expired',
    'another event',
    'another event',
    'another event',
    'undefined',
  ]);
});

test('nothing is connected to for no letters', async () => {
  expect(await reread([])).toEqual([]);
});
