import {randomUUID} from 'node:crypto';
import {
  earliestEventPosition,
  latestEventPosition,
  type EventHubConsumerClient,
  type EventPosition,
  type ReceivedEventData,
} from '@azure/event-hubs';
import type {ReceivedEvent} from '@weir/pipeline';
import {creditShare} from './credit-share.ts';
import {groupOf, readingClient, type EventHubsConnection} from './event-hubs-connection.ts';
import {HandOver} from './hand-over.ts';
import {closeQuietly, errorCode, EventHubsRefusedError, hubError, openClient} from './hub-questions.ts';
import {LinkCredit, LinkCreditError} from './link-credit.ts';

/** Where reading begins. A sequence number and an offset name the first event that is read. */
export type ReadFrom =
  | {readonly kind: 'earliest'}
  | {readonly kind: 'latest'}
  | {readonly kind: 'sequence'; readonly sequenceNumber: number}
  | {readonly kind: 'offset'; readonly offset: string}
  /** Inclusive, whole ms. */
  | {readonly kind: 'time'; readonly enqueuedFromMs: number};

/** An event as it lies in the hub. */
export interface HubEvent extends ReceivedEvent {
  /** Application properties. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A worker owns the partition in this consumer group; a reader would have to take it away, and does not. */
export class PartitionOwnedError extends Error {
  readonly code = 'PARTITION_OWNED';
  override readonly name = 'PartitionOwnedError';
}

export interface HubReaderOptions {
  readonly connection: EventHubsConnection;
  /** Partitions that are read at a time, 1 or more: they share what may be in flight. */
  readonly partitions: number;
  /** Received and not yet taken, all partitions together. */
  readonly inFlightEventsMax?: number;
  readonly inFlightBytesMax?: number;
}

/** As the worker asks, see `source-settings.ts`. */
const maxBatchSize = 300;
const prefetch = 2000;
/** A quiet partition gives an empty batch after so long, which is also how soon a dropped connection is noticed. */
const maxWaitMs = 1000;
const inFlightEventsDefault = 20_000;
const inFlightBytesDefault = 64 * 1024 * 1024;

/**
 * Reads partitions without taking part in anything: no checkpoints, no ownership, no owner level. Beside a worker it needs
 * a consumer group of its own, because Event Hubs lets no such reader in beside one that owns.
 */
export class HubReader {
  readonly #options: HubReaderOptions;
  readonly #identifier = randomUUID();
  readonly #client: EventHubConsumerClient;
  readonly #credit: LinkCredit;
  /** Mean body size of the latest batch, bytes, by partition. */
  readonly #eventBytes = new Map<string, number>();

  /** @throws EventHubsRefusedError, LinkCreditError */
  constructor(options: HubReaderOptions) {
    const {connection, partitions} = options;
    const identifier = this.#identifier;
    this.#options = options;
    this.#client = openClient(connection, () => readingClient(connection, {identifier}));
    const inFlightEventsMax = options.inFlightEventsMax ?? inFlightEventsDefault;
    const inFlightBytesMax = options.inFlightBytesMax ?? inFlightBytesDefault;
    this.#credit = new LinkCredit({
      consumerId: identifier,
      prefetch,
      limit: (partitionId) =>
        creditShare({
          inFlightEventsMax,
          inFlightBytesMax,
          partitions,
          maxBatchSize,
          prefetch,
          eventBytes: this.#eventBytes.get(partitionId) ?? 0,
        }),
      // The SDK reports both of its own accord.
      onStolen: () => {},
      onReopened: () => {},
    });
  }

  /**
   * The events of one partition in order, in batches; an empty one after a second without events. Nothing further is
   * received while the caller does not ask for the next batch, and bodies are valid until then. Never ends by itself:
   * leave the loop, or abort.
   * @throws PartitionOwnedError, EventHubsRefusedError, EventHubsUnreachableError, LinkCreditError
   */
  async *batches(
    partitionId: string,
    from: ReadFrom,
    signal: AbortSignal,
  ): AsyncGenerator<readonly HubEvent[], void, undefined> {
    const handOver = new HandOver<readonly ReceivedEventData[]>();
    // Of a client that reads single partitions the SDK names the links by this alone, which its types leave out.
    const named: {readonly ownerId: string} = {ownerId: this.#identifier};
    let failure: unknown;
    const subscription = this.#client.subscribe(
      partitionId,
      {
        processEvents: (events) => {
          if (events.length > 0 && !this.#credit.isSeen(partitionId)) {
            failure = new LinkCreditError('Events came on a link whose credit is not bounded.');
            handOver.end();
          }
          this.#credit.handed(partitionId, events.length);
          return handOver.give(events);
        },
        // One that can be retried is retried by the SDK; any other is followed by the close.
        processError: async (error) => {
          failure = error;
        },
        // The SDK would begin anew at the start position.
        processClose: async () => handOver.end(),
      },
      {
        ...named,
        startPosition: positionOf(from),
        maxBatchSize,
        prefetchCount: prefetch,
        maxWaitTimeInSeconds: maxWaitMs / 1000,
        skipParsingBodyAsJson: true,
      },
    );
    const stop = (): void => handOver.end();
    signal.addEventListener('abort', stop, {once: true});
    if (signal.aborted) stop();
    let last = -1;
    try {
      for (;;) {
        const received = await handOver.take();
        if (received === undefined) break;
        const events = received
          .filter(({sequenceNumber}) => sequenceNumber > last) // a link that was opened again repeats some
          .map(eventOf);
        last = events.at(-1)?.sequenceNumber ?? last;
        this.#weigh(partitionId, events);
        if (events.length > 0 || received.length === 0) yield events;
      }
      if (!signal.aborted) throw this.#reason(partitionId, failure);
    } finally {
      signal.removeEventListener('abort', stop);
      handOver.end();
      await closeQuietly(subscription);
      this.#credit.forget(partitionId);
    }
  }

  async close(): Promise<void> {
    await closeQuietly(this.#client);
    this.#credit.close();
  }

  #weigh(partitionId: string, events: readonly HubEvent[]): void {
    if (events.length === 0) return;
    const bytes = events.reduce((sum, {body}) => sum + (body instanceof Uint8Array ? body.byteLength : 0), 0);
    this.#eventBytes.set(partitionId, bytes / events.length);
  }

  #reason(partitionId: string, failure: unknown): Error {
    if (failure instanceof LinkCreditError) return failure;
    const {connection} = this.#options;
    switch (errorCode(failure)) {
      case 'ReceiverDisconnectedError':
        return new PartitionOwnedError(
          `Partition ${partitionId} is owned by a worker in the consumer group ${groupOf(connection)}, and Event Hubs lets ` +
            'no other reader in beside it. Nothing was taken from it: read in a consumer group of your own.',
          {cause: failure},
        );
      case 'ArgumentError':
        return new EventHubsRefusedError(
          `Partition ${partitionId} has no such position: it is behind the end of the partition, as after the hub was made again.`,
          {cause: failure},
        );
      default:
        return hubError(failure, connection);
    }
  }
}

function eventOf({sequenceNumber, offset, enqueuedTimeUtc, properties, body}: ReceivedEventData): HubEvent {
  return {
    sequenceNumber,
    offset,
    enqueuedTimeMs: enqueuedTimeUtc.getTime(),
    properties: properties ?? {},
    body,
  };
}

function positionOf(from: ReadFrom): EventPosition {
  switch (from.kind) {
    case 'earliest':
      return earliestEventPosition;
    case 'latest':
      return latestEventPosition;
    case 'sequence':
      return {sequenceNumber: from.sequenceNumber, isInclusive: true};
    case 'offset':
      return {offset: from.offset, isInclusive: true};
    case 'time':
      // The service takes times as exclusive.
      return {enqueuedOn: from.enqueuedFromMs - 1};
  }
}
