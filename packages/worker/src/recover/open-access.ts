import {randomBytes} from 'node:crypto';
import {
  BlobCheckpointHint,
  BlobDeadLetterStore,
  BlobJournalStore,
  CosmosDocumentStore,
  createBlobContainer,
  createCosmosClient,
  EventHubsSource,
  hostOf,
  prepareCosmos,
  WriteGovernor,
  type BlobContainer,
  type EventHubsConnection,
} from '@weir/azure';
import type {DiagnosticsSource, SourcePartition} from '@weir/pipeline';
import {systemClock} from '../clock.ts';
import type {Config} from '../config/config.ts';
import type {WorkerPorts} from '../ports.ts';
import {
  eventHubsAuth,
  lazyIdentity,
  ServiceUnreachableError,
  StartUpError,
  storageConnection,
} from '../connect.ts';

/** The services as a command needs them that looks at partitions without owning any. */
export interface Access {
  readonly ports: WorkerPorts;
  readonly container: BlobContainer;
  readonly eventHubs: EventHubsConnection;
  partition(partitionId: string): SourcePartition;
  /**
   * To be awaited before anything is written.
   * @throws {StartUpError} where If-Match would not hold, or nothing may be written; {ServiceUnreachableError}
   */
  beforeWriting(): Promise<void>;
  close(): void;
}

/** Makes nothing in Cosmos DB. @throws the adapters' own errors, each with a message that says what to change */
export async function openAccess(config: Config): Promise<Access> {
  const identity = lazyIdentity();
  const container = await createBlobContainer({
    ...storageConnection(config, identity),
    name: config.storage.container,
  });
  const {endpoint, key, database, container: aggregates} = config.cosmos;
  const client = createCosmosClient({endpoint, credential: key === undefined ? {token: identity()} : {key}});
  const governor = new WriteGovernor({
    clock: systemClock,
    concurrency: config.cosmos.concurrency,
    requestUnitsPerSecond: config.cosmos.requestUnitsPerSecond,
  });
  const store = (name: string): CosmosDocumentStore =>
    new CosmosDocumentStore({client, database, governor, container: name});
  const eventHubs: EventHubsConnection = {
    auth: eventHubsAuth(config, identity),
    hub: config.eventHubs.hub,
    consumerGroup: config.eventHubs.consumerGroup,
    transport: config.eventHubs.transport,
    cloud: config.azureCloud,
  };
  // Never started: only asked, on connections of their own.
  const source = new EventHubsSource({
    connection: eventHubs,
    clock: systemClock,
    container,
    startPosition: config.source.startPosition,
    beforeClaim: () => Promise.reject(new Error('This source claims nothing.')),
    onLease: () => {},
    onTrouble: () => {},
  });
  return {
    container,
    eventHubs,
    ports: {
      clock: systemClock,
      random: Math.random,
      newId: () => randomBytes(16).toString('hex'),
      journal: new BlobJournalStore(container.client),
      deadLetters: new BlobDeadLetterStore(container.client),
      checkpoints: new BlobCheckpointHint(container.client),
      aggregates: store(aggregates),
      progress: store('progress'),
      diagnostics: neverAsked,
      hub: source,
    },
    partition: (partitionId) => ({
      namespace: hostOf(eventHubs),
      hub: config.eventHubs.hub,
      group: config.eventHubs.consumerGroup,
      partitionId,
    }),
    beforeWriting: async () => {
      const prepared = await prepareCosmos({client, database, aggregates});
      if (prepared.kind === 'refused') throw new StartUpError(prepared.reason);
      if (prepared.kind === 'unavailable')
        throw new ServiceUnreachableError(`Cosmos DB at ${endpoint} does not answer (${prepared.cause}).`);
    },
    close: () => client.dispose(),
  };
}

const forbidden = async () => ({kind: 'forbidden', reason: 'this command asks for no diagnostics'}) as const;
const neverAsked: DiagnosticsSource = {slice: forbidden, byIds: forbidden, serviceNow: forbidden};
