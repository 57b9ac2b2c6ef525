import {EventHubConsumerClient} from '@azure/event-hubs';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {EventHubsEmulator} from '../../../emulators/src/event-hubs/event-hubs-emulator.ts';
import type {EventHubsConnection} from './event-hubs-connection.ts';
import {HubReader, PartitionOwnedError, type HubEvent, type ReadFrom} from './hub-reader.ts';

const hub = 'gateway';
const firstMs = Date.parse('2026-01-01T00:00:00Z');
const eventually = {timeout: 10_000, interval: 20};

let emulator: EventHubsEmulator;
let connection: EventHubsConnection;
let reader: HubReader;
beforeEach(async () => {
  emulator = await EventHubsEmulator.start({hubs: [{name: hub, partitionCount: 2}]});
  connection = {auth: {connectionString: emulator.connectionString}, hub};
  reader = new HubReader({connection, partitions: 2, inFlightEventsMax: 2_000});
});
afterEach(async () => {
  await reader.close();
  await emulator.close();
});

/** One a second, its number in its body. */
function append(count: number, partitionId = '0'): void {
  const events = Array.from({length: count}, (_, index) => ({
    body: Buffer.from(String(index)),
    enqueuedTimeMs: firstMs + index * 1000,
    properties: {number: index},
  }));
  emulator.append({hub, partitionId, events});
}

async function read(from: ReadFrom, count: number): Promise<HubEvent[]> {
  const events: HubEvent[] = [];
  for await (const batch of reader.batches('0', from, new AbortController().signal)) {
    events.push(...batch);
    if (events.length >= count) break;
  }
  return events;
}

test.each<[string, (offsetOf2: string) => ReadFrom, number]>([
  ['the beginning', () => ({kind: 'earliest'}), 0],
  ['a sequence number, inclusive', () => ({kind: 'sequence', sequenceNumber: 2}), 2],
  ['an offset, inclusive', (offset) => ({kind: 'offset', offset}), 2],
  ['a time, inclusive', () => ({kind: 'time', enqueuedFromMs: firstMs + 2000}), 2],
])('reading begins at %s', async (_, fromOf, first) => {
  append(5);
  const [, , second] = await read({kind: 'earliest'}, 5);
  const events = await read(fromOf(second!.offset), 5 - first);
  expect(events.map(({sequenceNumber}) => sequenceNumber)).toEqual([0, 1, 2, 3, 4].slice(first));
  expect(events[0]).toMatchObject({enqueuedTimeMs: firstMs + first * 1000, properties: {number: first}});
  expect(String(events[0]!.body)).toBe(String(first));
});

test('a reader that does not ask for more is sent no more than its share, and gets all of it later', async () => {
  append(5_000);
  const batches = reader.batches('0', {kind: 'earliest'}, new AbortController().signal);
  const first = (await batches.next()).value ?? [];
  await vi.waitFor(() => expect(sent()).toBeGreaterThan(first.length), eventually);
  const stalled = sent();
  expect(stalled).toBeLessThanOrEqual(1_300);
  let count = first.length;
  for await (const batch of batches) {
    count += batch.length;
    if (count === 5_000) break;
  }
  expect(count).toBe(5_000);
});

function sent(): number {
  return emulator.receivingLinks()[0]?.deliveredEvents ?? 0;
}

test('a dropped connection neither loses nor repeats events', async () => {
  append(3_000);
  const numbers: number[] = [];
  let drops = 0;
  for await (const batch of reader.batches('0', {kind: 'earliest'}, new AbortController().signal)) {
    numbers.push(...batch.map(({sequenceNumber}) => sequenceNumber));
    if (drops === 0 && numbers.length > 500) {
      drops = 1;
      emulator.dropConnections();
    }
    if (numbers.length >= 3_000) break;
  }
  expect(numbers).toEqual(Array.from({length: 3_000}, (_, index) => index));
});

test('beside an owner it is refused within seconds, and the owner reads on', async () => {
  append(1);
  const owner = new EventHubConsumerClient('$Default', emulator.connectionString, hub);
  const owned: number[] = [];
  const errors: unknown[] = [];
  const subscription = owner.subscribe(
    '0',
    {
      processEvents: async (events) => void owned.push(...events.map(({sequenceNumber}) => sequenceNumber)),
      processError: async (error) => void errors.push(error),
    },
    {startPosition: {offset: '-1'}, ownerLevel: 1, maxWaitTimeInSeconds: 1},
  );
  await vi.waitFor(() => expect(owned).toEqual([0]), eventually);
  await expect(read({kind: 'earliest'}, 1)).rejects.toThrow(PartitionOwnedError);
  emulator.append({hub, partitionId: '0', events: [{body: Buffer.from('x')}]});
  await vi.waitFor(() => expect(owned).toEqual([0, 1]), eventually);
  expect(errors).toEqual([]);
  await subscription.close();
  await owner.close();
});

test('a position behind the end of the partition is refused in words', async () => {
  append(3);
  await expect(read({kind: 'offset', offset: '999999999'}, 1)).rejects.toThrow('has no such position');
});

test('an abort ends the batches, and the link is gone', async () => {
  append(3);
  const stop = new AbortController();
  for await (const batch of reader.batches('0', {kind: 'earliest'}, stop.signal)) {
    if (batch.length > 0) stop.abort();
  }
  await vi.waitFor(() => expect(emulator.receivingLinks()).toEqual([]), eventually);
});
