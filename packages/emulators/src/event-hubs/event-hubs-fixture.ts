import {EventHubProducerClient} from '@azure/event-hubs';
import {afterEach, beforeEach, expect, vi} from 'vitest';
import {EventHubsEmulator} from './event-hubs-emulator.ts';
import {RETRY, SdkReader} from './sdk-reader.ts';

/** For the tests of the emulator: a hub of four partitions, made anew for each test, and the SDK's clients of it. */

export const HUB = 'gateway';
export const IN_P0 = {hub: HUB, partitionId: '0'};

export let emulator: EventHubsEmulator;
export let producer: EventHubProducerClient;
export let readers: SdkReader[];

/** To be called once in a file of tests. */
export function useEmulator(): void {
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
}

export function read(options: Partial<ConstructorParameters<typeof SdkReader>[1]> = {}): SdkReader {
  const reader = new SdkReader(emulator, {...IN_P0, ...options});
  readers.push(reader);
  return reader;
}

export function appendNumbered(count: number, from = 0): void {
  const events = Array.from({length: count}, (_, n) => ({body: Buffer.from(JSON.stringify({n: from + n}))}));
  emulator.append({...IN_P0, events});
}

export async function untilAttached(count = 1): Promise<void> {
  await vi.waitFor(() => expect(emulator.receivingLinks()).toHaveLength(count), {timeout: 5000, interval: 5});
}
