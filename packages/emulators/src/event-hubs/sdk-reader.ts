import {
  earliestEventPosition,
  EventHubConsumerClient,
  type EventPosition,
  type ReceivedEventData,
  type SubscribeOptions,
  type Subscription,
} from '@azure/event-hubs';
import {vi} from 'vitest';
import type {EventHubsEmulator} from './event-hubs-emulator.ts';

/** Retries of the SDK in tests: soon, since the faults are short. */
export const RETRY = {maxRetries: 3, retryDelayInMs: 50, timeoutInMs: 5000};

const CONDITION_TIMEOUT_MS = 10_000;

/** Reads one partition with the SDK and keeps what came. For tests. */
export class SdkReader {
  readonly events: ReceivedEventData[] = [];
  readonly errors: {name: string; code: string; message: string}[] = [];
  readonly closeReasons: string[] = [];
  readonly #client: EventHubConsumerClient;
  #subscription: Subscription | undefined;

  constructor(
    emulator: EventHubsEmulator,
    {
      hub,
      partitionId,
      startPosition = earliestEventPosition,
      ...options
    }: {
      hub: string;
      partitionId: string;
      startPosition?: EventPosition;
    } & Omit<SubscribeOptions, 'startPosition'>,
  ) {
    this.#client = new EventHubConsumerClient('$Default', emulator.connectionString, hub, {
      retryOptions: RETRY,
    });
    this.#subscription = this.#client.subscribe(
      partitionId,
      {
        processEvents: async (events) => {
          this.events.push(...events);
        },
        processError: async (error) => {
          const {name, message} = error;
          this.errors.push({name, message, code: 'code' in error ? error.code : ''});
        },
        processClose: async (reason) => {
          this.closeReasons.push(reason);
        },
      },
      {startPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1, ...options},
    );
  }

  get sequenceNumbers(): number[] {
    return this.events.map((event) => event.sequenceNumber);
  }

  /** Resolves once that many events came. */
  async until(count: number): Promise<ReceivedEventData[]> {
    await vi.waitFor(
      () => {
        if (this.events.length < count) throw new Error(`${this.events.length} of ${count} events came`);
      },
      {timeout: CONDITION_TIMEOUT_MS, interval: 5},
    );
    return this.events;
  }

  async untilError(): Promise<{name: string; code: string; message: string}> {
    return vi.waitFor(
      () => {
        const [error] = this.errors;
        if (!error) throw new Error('no error came');
        return error;
      },
      {timeout: CONDITION_TIMEOUT_MS, interval: 5},
    );
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
    this.#subscription = undefined;
    await this.#client.close();
  }
}
