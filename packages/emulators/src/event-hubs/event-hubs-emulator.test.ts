import {gzipSync} from 'node:zlib';
import {EventHubProducerClient, latestEventPosition, type EventPosition} from '@azure/event-hubs';
import {beforeEach, describe, expect, test} from 'vitest';
import {EventHubsEmulator} from './event-hubs-emulator.ts';
import {
  emulator,
  HUB,
  IN_P0,
  producer,
  read,
  readers,
  appendNumbered,
  untilAttached,
  useEmulator,
} from './event-hubs-fixture.ts';
import {partitionOfKey} from './partition-key.ts';

useEmulator();

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
