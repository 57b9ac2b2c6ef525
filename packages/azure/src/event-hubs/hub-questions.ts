import type {EventHubConsumerClient} from '@azure/event-hubs';
import type {HubFacts, PartitionFacts} from '@weir/pipeline';
import {hostOf, questionClient, type EventHubsConnection} from './event-hubs-connection.ts';

/** Key, rights, hub or connection string are wrong: nothing can be read until somebody acts. Exit with the message. */
export class EventHubsRefusedError extends Error {
  readonly code = 'EVENT_HUBS_REFUSED';
  override readonly name = 'EventHubsRefusedError';
}
/** No usable answer: try again. */
export class EventHubsUnreachableError extends Error {
  readonly code = 'EVENT_HUBS_UNREACHABLE';
  override readonly name = 'EventHubsUnreachableError';
}

/** One question with its retries and the opening of its connection; the SDK alone would wait up to 60 s a try. */
const questionTimeoutMs = 20_000;
/** Closing a connection that no longer answers is not waited for longer than this. */
const closeWaitMs = 2_000;

/**
 * What a hub and its partitions are, each asked on a connection that is opened and closed for it. The consumer's own
 * connection must not be used: a question pending while that one reopens leaves the SDK disconnected for 60 s.
 */
export class HubQuestions {
  readonly #connection: EventHubsConnection;

  constructor(connection: EventHubsConnection) {
    this.#connection = connection;
  }

  /** @throws EventHubsRefusedError, EventHubsUnreachableError */
  async hubFacts(signal?: AbortSignal): Promise<HubFacts> {
    return this.#ask(signal, async (client, abortSignal) => {
      const {createdOn, partitionIds} = await client.getEventHubProperties({abortSignal});
      return {createdAt: createdOn.toISOString(), partitionIds};
    });
  }

  /** @throws EventHubsRefusedError, EventHubsUnreachableError */
  async partitionFacts(partitionId: string, signal?: AbortSignal): Promise<PartitionFacts> {
    return this.#ask(signal, (client, abortSignal) => readPartition(client, partitionId, abortSignal));
  }

  /** The same for several partitions on one connection, one after another. */
  async partitionsFacts(
    partitionIds: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, PartitionFacts>> {
    return this.#ask(signal, async (client, abortSignal) => {
      const facts = new Map<string, PartitionFacts>();
      for (const partitionId of partitionIds) {
        facts.set(partitionId, await readPartition(client, partitionId, abortSignal));
      }
      return facts;
    });
  }

  async #ask<T>(
    signal: AbortSignal | undefined,
    question: (client: EventHubConsumerClient, abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeout = AbortSignal.timeout(questionTimeoutMs);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    const client = this.#open();
    try {
      return await question(client, either);
    } catch (error) {
      if (signal?.aborted === true) throw new DOMException('The question was stopped.', 'AbortError');
      throw hubError(error, this.#connection);
    } finally {
      await closeQuietly(client);
    }
  }

  #open(): EventHubConsumerClient {
    return openClient(this.#connection, () => questionClient(this.#connection));
  }
}

/** @throws EventHubsRefusedError for a connection string that the SDK does not take */
export function openClient<T>(connection: EventHubsConnection, open: () => T): T {
  try {
    return open();
  } catch (error) {
    // The SDK's text quotes the connection string, key included: neither it nor the cause is passed on.
    throw new EventHubsRefusedError(
      `The Event Hubs connection for hub "${connection.hub}" cannot be used ` +
        `(${error instanceof Error ? error.name : 'error'}): check that the connection string is complete and that ` +
        'its EntityPath, if it has one, equals EVENT_HUB_NAME.',
    );
  }
}

/** What an error of the SDK means for whoever asked. */
export function hubError(
  error: unknown,
  connection: EventHubsConnection,
): EventHubsRefusedError | EventHubsUnreachableError {
  const at = `hub "${connection.hub}" on ${hostOf(connection)}`;
  switch (errorCode(error)) {
    case 'UnauthorizedError':
    case 'UnauthorizedAccess':
      return new EventHubsRefusedError(
        `Event Hubs refused the credentials for ${at}: check the key (it needs the Listen claim), or give the ` +
          'identity the role "Azure Event Hubs Data Receiver".',
        {cause: error},
      );
    case 'MessagingEntityNotFoundError':
      return new EventHubsRefusedError(`There is no ${at}, or no such consumer group.`, {cause: error});
    default:
      return new EventHubsUnreachableError(`No usable answer from ${at} (${errorCode(error)}).`, {
        cause: error,
      });
  }
}

async function readPartition(
  client: EventHubConsumerClient,
  partitionId: string,
  abortSignal: AbortSignal,
): Promise<PartitionFacts> {
  const facts = await client.getPartitionProperties(partitionId, {abortSignal});
  return {
    beginningSequenceNumber: facts.beginningSequenceNumber,
    lastEnqueuedSequenceNumber: facts.lastEnqueuedSequenceNumber,
    lastEnqueuedOffset: facts.lastEnqueuedOffset,
    lastEnqueuedTimeMs: facts.lastEnqueuedOnUtc.getTime(),
    isEmpty: facts.isEmpty,
  };
}

/** The SDK's error code; exhausted retries come as an aggregate whose last error says why. */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError) return errorCode(error.errors.at(-1));
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Closes within `closeWaitMs`; a connection that does not answer is left to its idle timeout. */
export async function closeQuietly(client: {close(): Promise<void>}): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeWaitMs);
  });
  // The answer is here already; how its connection ends changes nothing, so a failed close is not an error.
  await Promise.race([client.close().then(undefined, () => undefined), late]);
  clearTimeout(timer);
}
