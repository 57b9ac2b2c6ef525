import {EventHubConsumerClient, type EventPosition} from '@azure/event-hubs';
import {hostOf, type EventHubsConnection} from '@weir/azure';
import type {Mark} from '@weir/pipeline';
import type {EventFinder} from '@weir/worker';

/** A link opens within seconds; the event it is opened for is known to be there. */
const answerWithinMs = 30_000;
/** Above the worker's links: one that holds a stopped partition would refuse this one otherwise, and comes back by itself. */
const ownerLevel = 1;

/** The event is there but could not be read. */
export class EventNotReadError extends Error {
  readonly code = 'EVENT_NOT_READ';
  override readonly name = 'EventNotReadError';
}

/** Reads single events, each on a link that is opened and closed for it. */
export class HubEvents implements EventFinder {
  readonly #connection: EventHubsConnection;

  constructor(connection: EventHubsConnection) {
    this.#connection = connection;
  }

  /** @throws {EventNotReadError} */
  async first(
    partitionId: string,
    place: {readonly sequenceNumber: number} | {readonly enqueuedFromMs: number},
    signal: AbortSignal,
  ): Promise<Mark | undefined> {
    const client = this.#open();
    const until = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
    const {promise, resolve, reject} = Promise.withResolvers<Mark>();
    const stop = (): void => reject(new EventNotReadError(`Partition ${partitionId} gave no event in time.`));
    until.addEventListener('abort', stop, {once: true});
    if (until.aborted) stop();
    const subscription = client.subscribe(
      partitionId,
      {
        processEvents: async ([event]) => {
          if (event === undefined) return;
          const {sequenceNumber, offset, enqueuedTimeUtc} = event;
          resolve({sequenceNumber, offset, enqueuedTimeMs: enqueuedTimeUtc.getTime()});
        },
        processError: async (cause) =>
          reject(new EventNotReadError(`An event of partition ${partitionId} could not be read.`, {cause})),
      },
      {startPosition: positionOf(place), maxBatchSize: 1, ownerLevel, skipParsingBodyAsJson: true},
    );
    try {
      return await promise;
    } finally {
      until.removeEventListener('abort', stop);
      await subscription.close();
      await client.close();
    }
  }

  #open(): EventHubConsumerClient {
    const {auth, hub, consumerGroup = '$Default', transport} = this.#connection;
    const options = transport === 'websockets' ? {webSocketOptions: {webSocket: globalThis.WebSocket}} : {};
    return 'namespace' in auth
      ? new EventHubConsumerClient(consumerGroup, hostOf(this.#connection), hub, auth.credential, options)
      : new EventHubConsumerClient(consumerGroup, auth.connectionString, hub, options);
  }
}

/** Event Hubs takes times as exclusive, in whole ms. */
function positionOf(
  place: {readonly sequenceNumber: number} | {readonly enqueuedFromMs: number},
): EventPosition {
  return 'sequenceNumber' in place
    ? {sequenceNumber: place.sequenceNumber, isInclusive: true}
    : {enqueuedOn: place.enqueuedFromMs - 1};
}
