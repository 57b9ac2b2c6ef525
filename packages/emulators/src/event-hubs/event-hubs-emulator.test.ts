import {once} from 'node:events';
import {connect} from 'node:net';
import {gzipSync} from 'node:zlib';
import {
  EventHubConsumerClient,
  EventHubProducerClient,
  latestEventPosition,
  type EventPosition,
  type ReceivedEventData,
} from '@azure/event-hubs';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {EventHubsEmulator} from './event-hubs-emulator.ts';
import {partitionOfKey} from './partition-key.ts';
import {RETRY, SdkReader} from './sdk-reader.ts';

const HUB = 'gateway';
const IN_P0 = {hub: HUB, partitionId: '0'};

let emulator: EventHubsEmulator;
let producer: EventHubProducerClient;
let readers: SdkReader[];

beforeEach(async () => {
  readers = [];
  emulator = await EventHubsEmulator.start({hubs: [{name: HUB, partitionCount: 4}]});
  producer = new EventHubProducerClient(emulator.connectionString, HUB, {retryOptions: RETRY});
});

afterEach(async () => {
  await Promise.all(readers.map((reader) => reader.close()));
  await producer.close();
  await emulator.close();
  if (emulator.protocolErrors.length > 0) throw new AggregateError(emulator.protocolErrors);
});

function read(options: Partial<ConstructorParameters<typeof SdkReader>[1]> = {}): SdkReader {
  const reader = new SdkReader(emulator, {...IN_P0, ...options});
  readers.push(reader);
  return reader;
}

function appendNumbered(count: number, from = 0): void {
  const events = Array.from({length: count}, (_, n) => ({body: Buffer.from(JSON.stringify({n: from + n}))}));
  emulator.append({...IN_P0, events});
}

async function untilAttached(count = 1): Promise<void> {
  await vi.waitFor(() => expect(emulator.receivingLinks()).toHaveLength(count), {timeout: 5000, interval: 5});
}

describe('bodies', () => {
  const gzip = gzipSync('{"zipped":true}');

  test('every kind of section arrives as it was published with the SDK', async () => {
    const batch = await producer.createBatch({partitionId: '0'});
    batch.tryAdd({
      body: {answer: 42},
      contentType: 'application/json',
      messageId: 'm-1',
      correlationId: 'c-1',
    });
    batch.tryAdd({body: Buffer.from('not json')});
    batch.tryAdd({body: gzip, properties: {encoding: 'gzip', size: 2 ** 40, ratio: 0.5, empty: false}});
    batch.tryAdd({bodyType: 'value', body: 'a value'});
    batch.tryAdd({bodyType: 'sequence', body: [['a', 1]]});
    await producer.sendBatch(batch);

    const [json, text, zipped, value, sequence] = await read().until(5);
    expect(json).toMatchObject({
      body: {answer: 42},
      contentType: 'application/json',
      messageId: 'm-1',
      correlationId: 'c-1',
    });
    expect(text?.body).toEqual(Buffer.from('not json'));
    expect(zipped?.body).toEqual(gzip);
    expect(zipped?.properties).toEqual({encoding: 'gzip', size: 2 ** 40, ratio: 0.5, empty: false});
    expect([value?.body, value?.getRawAmqpMessage().bodyType]).toEqual(['a value', 'value']);
    expect([sequence?.body, sequence?.getRawAmqpMessage().bodyType]).toEqual([[['a', 1]], 'sequence']);
  });

  test('events appended without AMQP arrive the same way', async () => {
    emulator.append({
      ...IN_P0,
      events: [
        {body: Buffer.from('[1,2]'), partitionKey: 'k', enqueuedTimeMs: 1000},
        {body: {value: {n: 1}}, enqueuedTimeMs: 2000, properties: {p: 'q'}},
        {body: {sequence: [1, 2]}, enqueuedTimeMs: 2000},
      ],
    });
    const [first, second, third] = await read().until(3);
    expect(first).toMatchObject({body: [1, 2], partitionKey: 'k', sequenceNumber: 0});
    expect(first?.enqueuedTimeUtc.getTime()).toBe(1000);
    expect(second).toMatchObject({body: {n: 1}, properties: {p: 'q'}});
    expect(third?.body).toEqual([1, 2]);
  });
});

describe('publishing', () => {
  test('a key goes to the same partition each time, and arrives with the event', async () => {
    const keys = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
    for (const key of [...keys, ...keys]) await producer.sendBatch([{body: key}], {partitionKey: key});
    for (const partitionId of ['0', '1', '2', '3']) {
      const expected = keys.filter((key) => String(partitionOfKey(key, 4)) === partitionId);
      if (expected.length === 0) continue;
      const events = await read({partitionId}).until(2 * expected.length);
      expect(events.map((event) => event.body)).toEqual([...expected, ...expected]);
      expect(events.map((event) => event.partitionKey)).toEqual([...expected, ...expected]);
    }
  });

  test('without a key each batch goes to the next partition', async () => {
    for (let n = 0; n < 8; n += 1) await producer.sendBatch([{body: n}, {body: n}]);
    const held = ['0', '1', '2', '3'].map((partitionId) => emulator.facts(HUB, partitionId).heldEvents);
    expect(held).toEqual([4, 4, 4, 4]);
  });

  test('a batch is limited to 1 MiB by the link', async () => {
    const batch = await producer.createBatch();
    expect(batch.maxSizeInBytes).toBe(1024 ** 2);
    expect(batch.tryAdd({body: Buffer.alloc(1024 ** 2)})).toBe(false);
  });

  test('a larger message is refused as too large', async () => {
    const once = new EventHubProducerClient(emulator.connectionString, HUB, {retryOptions: {maxRetries: 0}});
    await expect(once.sendBatch([{body: Buffer.alloc(2 * 1024 ** 2)}])).rejects.toMatchObject({
      code: 'MessageTooLargeError',
    });
    await once.close();
  });

  test('a hub at its limit refuses as busy and keeps none of the batch', async () => {
    const small = await EventHubsEmulator.start({hubs: [{name: HUB, partitionCount: 1, bytesMax: 5000}]});
    const client = new EventHubProducerClient(small.connectionString, HUB, {retryOptions: {maxRetries: 0}});
    await expect(
      client.sendBatch([{body: Buffer.alloc(3000)}, {body: Buffer.alloc(3000)}]),
    ).rejects.toMatchObject({code: 'ServerBusyError'});
    expect(small.facts(HUB, '0').heldEvents).toBe(0);
    await client.sendBatch([{body: Buffer.alloc(3000)}]);
    expect(small.facts(HUB, '0').heldEvents).toBe(1);
    await client.close();
    await small.close();
  });
});

describe('start positions', () => {
  const times = [1000, 2000, 2000, 3000, 4000];

  beforeEach(() => {
    emulator.append({
      ...IN_P0,
      events: times.map((enqueuedTimeMs) => ({body: Buffer.from('{}'), enqueuedTimeMs})),
    });
  });

  test.each<[string, EventPosition, number]>([
    ['a sequence number, exclusive', {sequenceNumber: 1}, 2],
    ['a sequence number, inclusive', {sequenceNumber: 1, isInclusive: true}, 1],
    ['an enqueued time, exclusive', {enqueuedOn: new Date(2000)}, 3],
    ['the earliest event', {offset: '-1'}, 0],
  ])('reading begins at %s', async (_what, startPosition, first) => {
    const reader = read({startPosition});
    await reader.until(times.length - first);
    expect(reader.sequenceNumbers).toEqual([0, 1, 2, 3, 4].slice(first));
  });

  test('reading begins after an offset that was handed out, or at it', async () => {
    const offset = (await read().until(5))[2]?.offset ?? '';
    expect(Number(offset)).toBeNaN();
    await readers[0]?.close();
    const after = read({startPosition: {offset}});
    await after.until(2);
    expect(after.sequenceNumbers).toEqual([3, 4]);
    const at = read({startPosition: {offset, isInclusive: true}});
    await at.until(3);
    expect(at.sequenceNumbers).toEqual([2, 3, 4]);
  });

  test('latest means the events after the attach', async () => {
    const reader = read({startPosition: latestEventPosition});
    await untilAttached();
    appendNumbered(2);
    await reader.until(2);
    expect(reader.sequenceNumbers).toEqual([5, 6]);
  });

  test('a position before the log begins at its oldest event, without an error', async () => {
    const offset = (await read().until(5))[0]?.offset ?? '';
    emulator.expire({...IN_P0, count: 3});
    await expect(producer.getPartitionProperties('0')).resolves.toMatchObject({
      beginningSequenceNumber: 3,
      lastEnqueuedSequenceNumber: 4,
      isEmpty: false,
    });
    const reader = read({startPosition: {offset}});
    await reader.until(2);
    expect(reader.sequenceNumbers).toEqual([3, 4]);
    expect(reader.errors).toEqual([]);
  });

  test('numbers may have a gap', async () => {
    emulator.skipSequenceNumbers({...IN_P0, count: 100});
    appendNumbered(1);
    const reader = read({startPosition: {sequenceNumber: 50}});
    await reader.until(1);
    expect(reader.sequenceNumbers).toEqual([105]);
  });
});

describe('properties', () => {
  test('a hub and its partitions are described', async () => {
    appendNumbered(3);
    const facts = emulator.facts(HUB, '0');
    await expect(producer.getEventHubProperties()).resolves.toEqual({
      name: HUB,
      createdOn: new Date(facts.createdAtMs),
      partitionIds: ['0', '1', '2', '3'],
      isGeoDrEnabled: false,
    });
    await expect(producer.getPartitionProperties('0')).resolves.toEqual({
      eventHubName: HUB,
      partitionId: '0',
      beginningSequenceNumber: 0,
      lastEnqueuedSequenceNumber: 2,
      lastEnqueuedOffset: facts.lastEnqueuedOffset,
      lastEnqueuedOnUtc: new Date(facts.lastEnqueuedTimeMs),
      isEmpty: false,
    });
    await expect(producer.getPartitionProperties('3')).resolves.toMatchObject({
      lastEnqueuedSequenceNumber: -1,
      isEmpty: true,
    });
  });

  test('retention removes events by the clock', async () => {
    let nowMs = 10_000;
    const aged = await EventHubsEmulator.start({
      hubs: [{name: HUB, partitionCount: 1, retentionMs: 1000}],
      now: () => nowMs,
    });
    aged.append({...IN_P0, events: [{body: Buffer.from('1')}]});
    nowMs += 1001;
    aged.append({...IN_P0, events: [{body: Buffer.from('2')}]});
    expect(aged.facts(HUB, '0')).toMatchObject({beginSequenceNumber: 1, heldEvents: 1});
    await aged.close();
  });
});

describe('access', () => {
  const once = {retryOptions: {maxRetries: 0}};

  test('another key is refused as unauthorized', async () => {
    const wrong = emulator.connectionString.replace(/SharedAccessKey=[^;]+/, 'SharedAccessKey=wrong');
    const client = new EventHubProducerClient(wrong, HUB, once);
    await expect(client.getPartitionIds()).rejects.toMatchObject({code: 'UnauthorizedError'});
    await expect(client.sendBatch([{body: 1}])).rejects.toMatchObject({code: 'UnauthorizedError'});
    await client.close();
  });

  test('an expired token is refused', async () => {
    const later = await EventHubsEmulator.start({
      hubs: [{name: HUB, partitionCount: 1}],
      now: () => Date.now() + 3_700_000,
    });
    const client = new EventHubProducerClient(later.connectionString, HUB, once);
    await expect(client.getPartitionIds()).rejects.toMatchObject({code: 'UnauthorizedError'});
    await client.close();
    await later.close();
  });

  test('a missing hub is refused as such, for properties, publishing and reading', async () => {
    const client = new EventHubProducerClient(emulator.connectionString, 'nowhere', once);
    await expect(client.getPartitionIds()).rejects.toMatchObject({code: 'MessagingEntityNotFoundError'});
    await expect(client.sendBatch([{body: 1}])).rejects.toThrow(/could not be found/);
    await client.close();
    expect(await read({hub: 'nowhere'}).untilError()).toMatchObject({code: 'MessagingEntityNotFoundError'});
  });

  test('a partition that the hub does not have is refused', async () => {
    expect(await read({partitionId: '9'}).untilError()).toMatchObject({code: 'ArgumentOutOfRangeError'});
  });
});

describe('readers beside each other', () => {
  test('an equal epoch steals the link, and the older reader hears of it', async () => {
    const first = read({ownerLevel: 3});
    await untilAttached();
    const second = read({ownerLevel: 3});
    expect(await first.untilError()).toMatchObject({code: 'ReceiverDisconnectedError'});
    appendNumbered(1);
    await second.until(1);
    expect(emulator.receivingLinks()).toHaveLength(1);
    expect(first.events).toEqual([]);
  });

  test('a lower epoch is refused, and the higher one goes on', async () => {
    const high = read({ownerLevel: 5});
    await untilAttached();
    const low = read({ownerLevel: 4});
    expect(await low.untilError()).toMatchObject({code: 'ReceiverDisconnectedError'});
    appendNumbered(1);
    await high.until(1);
    expect(low.events).toEqual([]);
  });

  test('a reader without an epoch is refused beside one with it, and put out by it', async () => {
    const plain = read();
    await untilAttached();
    const owner = read({ownerLevel: 1});
    expect(await plain.untilError()).toMatchObject({code: 'ReceiverDisconnectedError'});
    await untilAttached();
    const late = read();
    expect((await late.untilError()).message).toMatch(/non-epoch receiver is not allowed/);
    expect(owner.errors).toEqual([]);
  });

  test('the sixth reader without an epoch is refused', async () => {
    for (let n = 0; n < 5; n += 1) read();
    await untilAttached(5);
    expect(await read().untilError()).toMatchObject({code: 'QuotaExceededError'});
  });
});

describe('delivery', () => {
  test('no more is sent than the reader has given credit for', async () => {
    appendNumbered(5000);
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen: ReceivedEventData[] = [];
    const client = new EventHubConsumerClient('$Default', emulator.connectionString, HUB);
    const subscription = client.subscribe(
      '0',
      {
        processEvents: async (events) => {
          seen.push(...events);
          await held;
        },
        processError: async () => undefined,
      },
      {startPosition: {offset: '-1'}, maxBatchSize: 100, prefetchCount: 400, maxWaitTimeInSeconds: 1},
    );
    await vi.waitFor(() => expect(seen.length).toBe(100), {timeout: 5000, interval: 5});
    // All that was allowed has been sent and accepted, and nothing beyond.
    await vi.waitFor(
      () =>
        expect(emulator.receivingLinks()).toMatchObject([
          {creditEvents: 0, deliveredEvents: 400, unsettledEvents: 0},
        ]),
      {timeout: 5000, interval: 5},
    );
    release();
    await vi.waitFor(() => expect(seen.length).toBe(5000), {timeout: 10_000, interval: 5});
    expect(emulator.deliveredEvents(HUB, '0')).toBe(5000);
    await subscription.close();
    await client.close();
  });

  test('more events than a session holds unsettled arrive in order', async () => {
    appendNumbered(20_000);
    const reader = read({maxBatchSize: 300, prefetchCount: 5000});
    await reader.until(20_000);
    expect(reader.events.every((event, n) => event.sequenceNumber === n && event.body.n === n)).toBe(true);
  });

  test('a reader that asks for it hears of the newest event', async () => {
    appendNumbered(3);
    const reader = read({trackLastEnqueuedEventProperties: true, maxBatchSize: 1});
    const [first] = await reader.until(1);
    expect(first?.getRawAmqpMessage().deliveryAnnotations).toMatchObject({
      last_enqueued_sequence_number: 2,
      last_enqueued_offset: emulator.facts(HUB, '0').lastEnqueuedOffset,
    });
  });

  test('a load-balanced reader gets all partitions', async () => {
    for (const partitionId of ['0', '1', '2', '3']) {
      emulator.append({hub: HUB, partitionId, events: [{body: Buffer.from(partitionId)}]});
    }
    const client = new EventHubConsumerClient('$Default', emulator.connectionString, HUB);
    const seen: unknown[] = [];
    const subscription = client.subscribe(
      {
        processEvents: async (events) => {
          seen.push(...events.map((event) => event.body));
        },
        processError: async () => undefined,
      },
      {startPosition: {offset: '-1'}, maxWaitTimeInSeconds: 1, maxBatchSize: 10},
    );
    await vi.waitFor(() => expect(seen.length).toBe(4), {timeout: 10_000, interval: 10});
    expect(new Set(seen)).toEqual(new Set([0, 1, 2, 3]));
    await subscription.close();
    await client.close();
  });
});

describe('faults', () => {
  test('a hub created anew has a later creation time, numbers from 0, and refuses the old offset', async () => {
    appendNumbered(10);
    const before = await producer.getEventHubProperties();
    const old = (await read().until(10)).at(-1);
    await readers[0]?.close();
    emulator.recreateHub(HUB);
    appendNumbered(2);
    const after = await producer.getEventHubProperties();
    expect(after.createdOn.getTime()).toBeGreaterThan(before.createdOn.getTime());
    expect(emulator.facts(HUB, '0')).toMatchObject({beginSequenceNumber: 0, lastEnqueuedSequenceNumber: 1});
    const stale = read({startPosition: {offset: old?.offset ?? ''}});
    const error = await stale.untilError();
    expect(error.code).toBe('ArgumentError');
    expect(error.message).toContain(`The supplied offset '${old?.offset}' is invalid`);
  });

  test.each(['now', 'insideTransfer'] as const)(
    'a connection dropped %s loses and doubles nothing',
    async (when) => {
      appendNumbered(200);
      const reader = read();
      await reader.until(200);
      emulator.dropConnections({when});
      appendNumbered(3000, 200);
      await reader.until(3200);
      emulator.dropConnections({when});
      appendNumbered(100, 3200);
      await reader.until(3300);
      expect(reader.sequenceNumbers).toEqual(Array.from({length: 3300}, (_, n) => n));
    },
  );

  test('a refused attach is tried again by the SDK', async () => {
    appendNumbered(1);
    emulator.refuseNext({
      what: 'receiver',
      count: 2,
      condition: 'com.microsoft:server-busy',
      description: 'The server is busy.',
    });
    const reader = read();
    await reader.until(1);
    expect(reader.errors).toEqual([]);
  });

  test('a refused token and management call are told as they were ordered', async () => {
    const client = new EventHubProducerClient(emulator.connectionString, HUB, {
      retryOptions: {maxRetries: 0},
    });
    const description = 'ordered by the test';
    for (const what of ['put-token', 'management'] as const) {
      emulator.refuseNext({what, count: 1, condition: 'com.microsoft:server-busy', description});
      await expect(client.getPartitionIds()).rejects.toThrow(description);
    }
    await client.close();
  });

  test('a connection that is refused once after a drop is made again', async () => {
    const reader = read();
    await untilAttached();
    emulator.refuseNext({
      what: 'connection',
      count: 1,
      condition: 'amqp:connection:forced',
      description: 'The service moves.',
    });
    expect(emulator.dropConnections()).toBe(1);
    appendNumbered(1);
    await reader.until(1);
  });

  test('a stalled link stays open and gets nothing until it is released', async () => {
    const reader = read();
    await untilAttached();
    expect(emulator.stall(IN_P0)).toBe(1);
    appendNumbered(3);
    // A second reader shows that the events are there for others.
    await read().until(3);
    expect(reader.events).toEqual([]);
    expect(emulator.receivingLinks().map((link) => link.state)).toEqual(['stalled', 'delivering']);
    emulator.release(IN_P0);
    await reader.until(3);
  });

  test('a stall ends with the link that it met', async () => {
    const reader = read();
    await untilAttached();
    emulator.stall(IN_P0);
    appendNumbered(3);
    emulator.detachReceivers({...IN_P0, condition: 'amqp:link:detach-forced', description: 'moved'});
    await reader.until(3);
    expect(reader.sequenceNumbers).toEqual([0, 1, 2]);
  });

  test('delayed deliveries come, later', async () => {
    emulator.delayDeliveries(50);
    const reader = read();
    await untilAttached();
    const appendedAt = performance.now();
    appendNumbered(3);
    await reader.until(3);
    expect(performance.now() - appendedAt).toBeGreaterThanOrEqual(49);
  });

  test('closing destroys connections that clients hold open', async () => {
    const socket = connect(emulator.port, '127.0.0.1');
    const closed = once(socket, 'close');
    await vi.waitFor(() => expect(emulator.connectionCount).toBe(1), {interval: 5});
    await emulator.close();
    expect(emulator.connectionCount).toBe(0);
    await closed;
  });
});
