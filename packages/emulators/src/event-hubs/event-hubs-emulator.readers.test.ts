import {EventHubConsumerClient, EventHubProducerClient, type ReceivedEventData} from '@azure/event-hubs';
import {describe, expect, test, vi} from 'vitest';
import {EventHubsEmulator} from './event-hubs-emulator.ts';
import {emulator, HUB, read, appendNumbered, untilAttached, useEmulator} from './event-hubs-fixture.ts';

useEmulator();

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
