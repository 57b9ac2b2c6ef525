import {
  CosmosDocumentStore,
  createCosmosClient,
  LogAnalyticsDiagnostics,
  prepareCosmos,
  WriteGovernor,
  type CosmosMetrics,
  type StorageConnection,
} from '@weir/azure';
import {DefaultAzureCredential} from '@azure/identity';
import type {TokenCredential} from '@azure/core-auth';
import {systemClock} from './clock.ts';
import type {Config} from './config/config.ts';
import type {Logger} from './log.ts';
import type {Metrics} from './metrics.ts';

/** A service that the worker needs cannot be used until somebody acts: exit with the message. */
export class StartUpError extends Error {
  readonly code = 'START_UP';
}

/** A service did not answer at start, after several tries: a restart may find it there. */
export class ServiceUnreachableError extends Error {
  readonly code = 'UNREACHABLE';
}

/** Requests for progress documents: one per partition and flush. */
const progressConcurrency = 8;
const prepareTries = 10;
const prepareRetryMs = 2_000;

/** One identity for all services, made only if one of them needs it. */
export function lazyIdentity(): () => TokenCredential {
  let identity: TokenCredential | undefined;
  return () => (identity ??= new DefaultAzureCredential());
}

export function storageConnection(config: Config, identity: () => TokenCredential): StorageConnection {
  const {connectionString, accountUrl} = config.storage;
  if (connectionString !== undefined) return {connectionString};
  if (accountUrl === undefined)
    throw new StartUpError('Neither STORAGE_CONNECTION_STRING nor STORAGE_ACCOUNT_URL is set.');
  return {accountUrl, credential: identity()};
}

export function eventHubsAuth(
  config: Config,
  identity: () => TokenCredential,
): {connectionString: string} | {namespace: string; credential: TokenCredential} {
  const {connectionString, namespace} = config.eventHubs;
  return connectionString === undefined ? {namespace, credential: identity()} : {connectionString};
}

export function openLogAnalytics(config: Config, identity: () => TokenCredential): LogAnalyticsDiagnostics {
  const {workspaceIds, endpoint} = config.logAnalytics;
  const needsIdentity = endpoint === undefined || endpoint.startsWith('https:');
  return new LogAnalyticsDiagnostics({
    workspaceId: workspaceIds.join(','),
    cloud: config.azureCloud,
    ...(endpoint !== undefined && {endpoint}),
    ...(needsIdentity && {credential: identity()}),
  });
}

export async function openCosmos({
  config,
  identity,
  governor,
  metrics,
  log,
}: {
  config: Config;
  identity: () => TokenCredential;
  governor: WriteGovernor;
  metrics: Metrics;
  log: Logger;
}): Promise<{aggregates: CosmosDocumentStore; progress: CosmosDocumentStore; writes: () => number}> {
  const {endpoint, key, database, container} = config.cosmos;
  const client = createCosmosClient({endpoint, credential: key === undefined ? {token: identity()} : {key}});
  for (let tries = 1; ; tries += 1) {
    const prepared = await prepareCosmos({client, database, aggregates: container});
    if (prepared.kind === 'refused') throw new StartUpError(prepared.reason);
    if (prepared.kind === 'ready') {
      if (prepared.created.length > 0)
        log.info({created: prepared.created}, 'Made what was missing in Cosmos DB.');
      for (const warning of prepared.warnings) log.warn(warning);
      break;
    }
    if (tries === prepareTries)
      throw new ServiceUnreachableError(
        `Cosmos DB at ${endpoint} does not answer (${prepared.cause}). Check COSMOS_ENDPOINT and the network.`,
      );
    log.warn({cause: prepared.cause}, 'Cosmos DB does not answer yet. The worker tries again.');
    await systemClock.sleep(prepareRetryMs);
  }
  let writes = 0;
  const counted: CosmosMetrics = {
    onRequest({operation, outcome, requestUnits}) {
      metrics.outputRequestUnits.inc(requestUnits);
      if (outcome === 'throttled') metrics.outputThrottles.inc();
      if (operation === 'read' || outcome === 'found' || outcome === 'missing' || outcome === 'unavailable')
        return;
      if (outcome === 'written') writes += 1;
      metrics.outputWrites.inc(outcome);
    },
  };
  const options = {client, database, governor, metrics: counted};
  return {
    aggregates: new CosmosDocumentStore({...options, container}),
    // Its own governor: a claim has seconds to read its fence, and must not queue behind thousands of documents.
    progress: new CosmosDocumentStore({
      ...options,
      governor: new WriteGovernor({clock: systemClock, concurrency: progressConcurrency}),
      container: 'progress',
    }),
    writes: () => writes,
  };
}
