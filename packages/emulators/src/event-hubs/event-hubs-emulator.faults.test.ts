import {once} from 'node:events';
import {connect} from 'node:net';
import {EventHubProducerClient} from '@azure/event-hubs';
import {describe, expect, test, vi} from 'vitest';
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

useEmulator();

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
