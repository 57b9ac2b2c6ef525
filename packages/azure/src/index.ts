export {BlobCheckpointHint} from './blob/blob-checkpoint-hint.ts';
export {
  createBlobContainer,
  openBlobContainer,
  openObservedContainer,
  StorageRefusedError,
  StorageUnreachableError,
  type BlobContainer,
  type StorageConnection,
} from './blob/blob-container.ts';
export {lookAtContainer, tryToWrite} from './blob/container-look.ts';
export {BlobDeadLetterReader, type StoredDeadLetter} from './blob/blob-dead-letter-reader.ts';
export {BlobSettledLetters} from './blob/blob-dead-letter-settled.ts';
export {BlobDeadLetterStore} from './blob/blob-dead-letter-store.ts';
export {BlobJournalStore} from './blob/blob-journal-store.ts';
export {CosmosConfigurationError, createCosmosClient} from './cosmos/cosmos-client.ts';
export {
  lookAtAccount,
  lookAtContainers,
  tryToReplace,
  type CosmosLook,
  type DefinedContainer,
} from './cosmos/cosmos-look.ts';
export {CosmosDocumentStore} from './cosmos/cosmos-document-store.ts';
export type {CosmosMetrics} from './cosmos/cosmos-metrics.ts';
export {
  CosmosWindowReader,
  type StoredAggregate,
  type WindowPage,
  type WindowQuery,
} from './cosmos/cosmos-window-reader.ts';
export {prepareCosmos} from './cosmos/prepare-cosmos.ts';
export {WriteGovernor} from './cosmos/write-governor.ts';
export {hostOf, type AzureCloud, type EventHubsConnection} from './event-hubs/event-hubs-connection.ts';
export {EventHubsSource} from './event-hubs/event-hubs-source.ts';
export {HubReader, PartitionOwnedError, type HubEvent, type ReadFrom} from './event-hubs/hub-reader.ts';
export {readOwners} from './event-hubs/partition-owners.ts';
export type {PartitionLease, SourceTrouble, StartPosition} from './event-hubs/source-options.ts';
export {LogAnalyticsSettingError} from './log-analytics/endpoint.ts';
export {readExportedRow} from './log-analytics/exported-row.ts';
export {LogAnalyticsDiagnostics} from './log-analytics/log-analytics-diagnostics.ts';
export type {RowGroup} from './log-analytics/recent-rows.ts';
export {EventHubsRefusedError, EventHubsUnreachableError, HubQuestions} from './event-hubs/hub-questions.ts';
export {StallError} from './event-hubs/watchdog.ts';
