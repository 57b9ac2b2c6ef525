import type {ReceivedEventData} from '@azure/event-hubs';
import {expect, test, vi} from 'vitest';
import {PartitionSession} from './partition-session.ts';

function session(onRepeat: (count: number) => void = () => {}): PartitionSession {
  return new PartitionSession({
    partition: {namespace: 'ns', hub: 'hub', group: 'g', partitionId: '0'},
    prelude: 'read',
    start: {sequenceNumber: 4, offset: '400'},
    startedAt: undefined,
    now: () => 0,
    isOwned: () => true,
    onRepeat,
  });
}

function event(sequenceNumber: number, body = 'abcd'): ReceivedEventData {
  return {
    sequenceNumber,
    offset: String(sequenceNumber),
    enqueuedTimeUtc: new Date(1000),
    partitionKey: null,
    body: Buffer.from(body),
    getRawAmqpMessage: () => ({body}),
  };
}

test('the SDK waits until the consumer asks for the batch after', async () => {
  const lease = session();
  const batches = lease.batches()[Symbol.asyncIterator]();
  const settled = vi.fn<() => void>();
  const delivered = lease.deliver([event(5)]).then(settled);
  expect((await batches.next()).value).toMatchObject([
    {sequenceNumber: 5, offset: '5', enqueuedTimeMs: 1000},
  ]);
  await Promise.resolve();
  expect(settled).not.toHaveBeenCalled();
  expect(lease.held).toEqual({events: 1, bytes: 4});
  const next = batches.next();
  await delivered;
  expect(settled).toHaveBeenCalledOnce();
  void lease.deliver([]);
  expect(await next).toEqual({done: false, value: []});
});

test('an ended lease stops the SDK with its cause and the consumer without an error', async () => {
  const lease = session();
  const batches = lease.batches()[Symbol.asyncIterator]();
  const delivered = lease.deliver([event(5)]);
  await batches.next();
  lease.end('lost', 'owned by another');
  await expect(delivered).rejects.toMatchObject({code: 'LEASE_ENDED', end: 'lost'});
  await expect(lease.deliver([event(6)])).rejects.toMatchObject({end: 'lost'});
  expect(await batches.next()).toEqual({done: true, value: undefined});
  expect(lease.signal.reason).toMatchObject({end: 'lost'});
  lease.release('later');
  expect(lease.ended?.error.end).toBe('lost');
  expect(lease.isOwned).toBe(false);
});

test('a consumer that waits is woken by the end of the lease', async () => {
  const lease = session();
  const next = lease.batches()[Symbol.asyncIterator]().next();
  lease.release('no longer wanted');
  expect(await next).toEqual({done: true, value: undefined});
});

test('leaving the loop releases the lease', async () => {
  const lease = session();
  const delivered = lease.deliver([event(5)]);
  for await (const batch of lease.batches()) {
    expect(batch).toHaveLength(1);
    break;
  }
  await expect(delivered).rejects.toMatchObject({end: 'released'});
});

test('an event that comes again within the lease is dropped and counted', async () => {
  const repeats = vi.fn<(count: number) => void>();
  const lease = session(repeats);
  const batches = lease.batches()[Symbol.asyncIterator]();
  void lease.deliver([event(5), event(6)]);
  await batches.next();
  const next = batches.next();
  await Promise.resolve();
  void lease.deliver([event(6), event(7)]);
  expect((await next).value).toMatchObject([{sequenceNumber: 7}]);
  expect(repeats).toHaveBeenCalledExactlyOnceWith(1);
  expect(lease.pulse.deliveredThrough).toBe(7);
});

test('the size of events rises at once and falls slowly', async () => {
  const lease = session();
  const batches = lease.batches()[Symbol.asyncIterator]();
  const sizes: number[] = [];
  for (const [index, length] of [100, 900, 100].entries()) {
    const next = batches.next();
    await Promise.resolve();
    void lease.deliver([event(10 + index, 'x'.repeat(length))]);
    await next;
    sizes.push(lease.eventBytes);
  }
  expect(sizes).toEqual([100, 900, 800]);
});
