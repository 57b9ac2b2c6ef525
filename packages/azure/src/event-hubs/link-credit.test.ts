import {afterAll, beforeAll, beforeEach, expect, test, vi} from 'vitest';
import {numbered, SourceBench} from './source-bench.ts';
import type {PartitionLease} from './source-options.ts';

/** Against the emulator, because what must hold is what a broker is allowed to send. */

const partitionCount = 2;
let bench: SourceBench;

beforeAll(async () => {
  bench = await SourceBench.start({partitionCount});
});
beforeEach(() => bench.fresh());
afterAll(() => bench.close());

const eventually = {timeout: 10_000, interval: 20};
const bounds = {maxWaitMs: 40, maxBatchSize: 100, inFlightEventsMax: 1000};
/** Of one partition, the batch in the consumer's hands included. */
const share = bounds.inFlightEventsMax / partitionCount;

/** Reads `emptyBatches` empty batches of partition 0, then takes the next one and asks for nothing more until told. */
function blockedReader(emptyBatches: number): {
  onLease: (lease: PartitionLease) => void;
  state: {idle: number; held: number; resume: () => void; received: number};
} {
  const state = {idle: 0, held: 0, received: 0, resume: () => {}};
  const resumed = new Promise<void>((resolve) => {
    state.resume = resolve;
  });
  const onLease = (lease: PartitionLease): void => {
    void (async () => {
      for await (const batch of lease.batches()) {
        if (lease.partition.partitionId !== '0') continue;
        state.received += batch.length;
        if (batch.length === 0) state.idle += 1;
        else if (state.idle >= emptyBatches) {
          state.held = batch.length;
          await resumed;
        }
      }
    })();
  };
  return {onLease, state};
}

test('an idle link never has credit above its share, and a burst into a blocked handler is cut at it', async () => {
  const {onLease, state} = blockedReader(15);
  const {source, troubles} = await bench.source({...bounds, onLease});
  await source.start();
  await vi.waitFor(() => expect(state.idle).toBeGreaterThan(15), eventually);
  for (const {creditEvents} of bench.emulator.receivingLinks()) {
    expect(creditEvents).toBeGreaterThan(0);
    expect(creditEvents).toBeLessThanOrEqual(share);
  }
  bench.append('0', numbered('burst', 20_000));
  await vi.waitFor(() => expect(state.held).toBeGreaterThan(0), eventually);
  await vi.waitFor(() => expect(source.inFlight().events).toBeGreaterThan(share / 2), eventually);
  const sent = bench.emulator.deliveredEvents('gateway', '0');
  expect(sent).toBeLessThanOrEqual(share);
  expect(source.inFlight().events).toBeLessThanOrEqual(share);
  state.resume();
  await vi.waitFor(() => expect(state.received).toBe(20_000), {timeout: 15_000, interval: 50});
  expect(source.inFlight()).toEqual({events: 0, bytes: 0});
  expect(troubles).toEqual([]);
});

test('a trickle of single events does not raise the credit either', async () => {
  const {onLease, state} = blockedReader(Number.POSITIVE_INFINITY);
  const {source} = await bench.source({...bounds, onLease});
  await source.start();
  await vi.waitFor(() => expect(state.idle).toBeGreaterThan(0), eventually);
  for (let count = 1; count <= 30; count += 1) {
    bench.append('0', ['one']);
    await vi.waitFor(() => expect(state.received).toBe(count), eventually);
    const credit = bench.emulator.receivingLinks().map(({creditEvents}) => creditEvents);
    expect(Math.max(...credit)).toBeLessThanOrEqual(share);
  }
});

test('large events shrink the share to the bytes allowed', async () => {
  const {onLease, state} = blockedReader(0);
  const large = 'x'.repeat(20_000);
  const {source} = await bench.source({...bounds, inFlightBytesMax: 2 * 400_000, onLease});
  await source.start();
  await vi.waitFor(() => expect(state.idle).toBeGreaterThan(0), eventually);
  bench.append(
    '0',
    Array.from({length: 20}, () => large),
  );
  await vi.waitFor(() => expect(state.held).toBeGreaterThan(0), eventually);
  state.resume();
  await vi.waitFor(() => expect(state.received).toBe(20), eventually);
  // Credit that was granted before the first event showed its size is used up; from here on the size is known.
  bench.append(
    '0',
    Array.from({length: 500}, () => large),
  );
  await vi.waitFor(() => expect(state.received).toBe(520), eventually);
  await vi.waitFor(() => {
    const own = bench.emulator.receivingLinks().filter(({partitionId}) => partitionId === '0');
    expect(own.map(({creditEvents}) => creditEvents)).toEqual([20]);
  }, eventually);
});
