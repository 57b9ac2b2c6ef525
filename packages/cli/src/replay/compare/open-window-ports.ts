import {
  BlobJournalStore,
  CosmosDocumentStore,
  CosmosWindowReader,
  createCosmosClient,
  HubQuestions,
  HubReader,
  openBlobContainer,
  prepareCosmos,
  WriteGovernor,
} from '@weir/azure';
import type {PartitionFacts} from '@weir/pipeline';
import {
  lazyIdentity,
  ServiceUnreachableError,
  StartUpError,
  storageConnection,
  systemClock,
  type Config,
} from '@weir/worker';
import {hubConnection, partitionsOf} from '../../hub-access.ts';
import {readPartition} from '../../inspect/read-partition.ts';
import {partitionsAtATime, type WindowPorts} from './window-ports.ts';

export interface OpenWindowPorts {
  readonly ports: WindowPorts;
  /**
   * To be awaited before anything is written.
   * @throws {StartUpError} where If-Match would not hold, or nothing may be written; {ServiceUnreachableError}
   */
  readonly beforeWriting: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * The services of a configuration. Makes nothing, and sends no request yet. The worker's consumer group names the
 * journals; events are read in `readingGroup`.
 * @throws the adapters' own errors, each with a message that says what to change
 */
export function openWindowPorts(
  config: Config,
  {readingGroup}: {readingGroup: string | undefined},
): OpenWindowPorts {
  const identity = lazyIdentity();
  const {endpoint, key, database, container, concurrency, requestUnitsPerSecond} = config.cosmos;
  const client = createCosmosClient({endpoint, credential: key === undefined ? {token: identity()} : {key}});
  const governor = new WriteGovernor({clock: systemClock, concurrency, requestUnitsPerSecond});
  const blobs = openBlobContainer({
    ...storageConnection(config, identity),
    name: config.storage.container,
  });
  const connection = hubConnection(config, {consumerGroup: readingGroup});
  const questions = new HubQuestions(connection);
  const windows = new CosmosWindowReader({client, database, container});
  let reader: HubReader | undefined;
  const ports: WindowPorts = {
    clock: systemClock,
    random: Math.random,
    aggregates: new CosmosDocumentStore({client, database, governor, container}),
    progress: new CosmosDocumentStore({client, database, governor, container: 'progress'}),
    windows: {page: (query, continuation, signal) => windows.page(query, continuation, signal)},
    journal: new BlobJournalStore(blobs),
    hub: {
      hubFacts: (signal) => questions.hubFacts(signal),
      partitionFacts: (partitionId, signal) => questions.partitionFacts(partitionId, signal),
      async *events(partition, {from, through}, signal) {
        const ask = async (): Promise<PartitionFacts> =>
          (await partitionsOf(connection, {partition, signal})).facts.get(partition)!;
        const place =
          'sequenceNumber' in from
            ? ({kind: 'sequence', ...from} as const)
            : ({kind: 'time', ...from} as const);
        reader ??= new HubReader({connection, partitions: partitionsAtATime});
        const plan = {
          partition,
          from: place,
          facts: await ask(),
          end: {untilMs: undefined, log: 'now'},
          ask,
        } as const;
        for await (const batch of readPartition(reader, plan, signal)) {
          yield batch.filter(({sequenceNumber}) => sequenceNumber <= through);
          if ((batch.at(-1)?.sequenceNumber ?? -1) >= through) return;
        }
      },
    },
  };
  return {
    ports,
    async beforeWriting() {
      const prepared = await prepareCosmos({client, database, aggregates: container});
      if (prepared.kind === 'refused') throw new StartUpError(prepared.reason);
      if (prepared.kind === 'unavailable')
        throw new ServiceUnreachableError(`Cosmos DB at ${endpoint} does not answer (${prepared.cause}).`);
    },
    async close() {
      await reader?.close();
      client.dispose();
    },
  };
}
