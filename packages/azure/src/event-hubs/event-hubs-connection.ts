import type {TokenCredential} from '@azure/core-auth';
import {
  EventHubConsumerClient,
  RetryMode,
  type CheckpointStore,
  type EventHubConsumerClientOptions,
} from '@azure/event-hubs';

/** How the hub is reached. */
export interface EventHubsConnection {
  /**
   * A connection string, or a namespace with an identity. A namespace without a dot is completed by the cloud's suffix.
   * `EntityPath` in the connection string is optional and must equal `hub`.
   */
  readonly auth:
    {readonly connectionString: string} | {readonly namespace: string; readonly credential: TokenCredential};
  readonly hub: string;
  /** Default `$Default`. */
  readonly consumerGroup?: string;
  /**
   * `websockets` runs AMQP over port 443 through Node's own WebSocket. It follows HTTPS_PROXY when the process was told
   * to take its proxies from the environment (`NODE_USE_ENV_PROXY=1`). Default `amqp`.
   */
  readonly transport?: 'amqp' | 'websockets';
  /** Default `public`. */
  readonly cloud?: AzureCloud;
}
export type AzureCloud = 'public' | 'usgov' | 'china';

/** https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure and the China page. */
const hostSuffixes: Record<AzureCloud, string> = {
  public: 'servicebus.windows.net',
  usgov: 'servicebus.usgovcloudapi.net',
  china: 'servicebus.chinacloudapi.cn',
};

/**
 * For links. The SDK's own delay of 30 s turns one busy answer into half a minute of silence; its operation timeout of
 * 60 s cannot be lowered.
 */
const retryOptions = {
  maxRetries: 5,
  retryDelayInMs: 500,
  maxRetryDelayInMs: 10_000,
  mode: RetryMode.Exponential,
};
/** For single questions on a client of their own: the caller has a schedule for asking again. */
const questionRetryOptions = {...retryOptions, maxRetries: 2};

/** The fully qualified host, lower case. */
export function hostOf({auth, cloud}: EventHubsConnection): string {
  if ('namespace' in auth) {
    const namespace = auth.namespace.trim().toLowerCase();
    return namespace.includes('.') ? namespace : `${namespace}.${hostSuffixes[cloud ?? 'public']}`;
  }
  const endpoint = /(?:^|;)\s*Endpoint\s*=\s*([^;]+)/i.exec(auth.connectionString)?.[1]?.trim() ?? '';
  return URL.canParse(endpoint) ? new URL(endpoint).hostname.toLowerCase() : '';
}

/** Consumer group with its default. */
export function groupOf({consumerGroup}: EventHubsConnection): string {
  return consumerGroup ?? '$Default';
}

/** The client that receives; `identifier` is its owner id and the name of its links. */
export function receivingClient(
  connection: EventHubsConnection,
  store: CheckpointStore,
  options: {identifier: string; intervalMs: number; expiryMs: number},
): EventHubConsumerClient {
  const clientOptions: EventHubConsumerClientOptions = {
    ...baseOptions(connection),
    identifier: options.identifier,
    retryOptions,
    loadBalancingOptions: {
      strategy: 'greedy',
      updateIntervalInMs: options.intervalMs,
      partitionOwnershipExpirationIntervalInMs: options.expiryMs,
    },
  };
  const {auth, hub} = connection;
  return 'namespace' in auth
    ? new EventHubConsumerClient(
        groupOf(connection),
        hostOf(connection),
        hub,
        auth.credential,
        store,
        clientOptions,
      )
    : new EventHubConsumerClient(groupOf(connection), auth.connectionString, hub, store, clientOptions);
}

/** A client for questions; it opens no receiving link. */
export function questionClient(connection: EventHubsConnection): EventHubConsumerClient {
  return storelessClient(connection, {retryOptions: questionRetryOptions});
}

/** A client that looks at events: without a checkpoint store it claims nothing and its links have no owner level. */
export function readingClient(
  connection: EventHubsConnection,
  {identifier}: {identifier: string},
): EventHubConsumerClient {
  return storelessClient(connection, {identifier, retryOptions});
}

function storelessClient(
  connection: EventHubsConnection,
  special: EventHubConsumerClientOptions,
): EventHubConsumerClient {
  const options = {...baseOptions(connection), ...special};
  const {auth, hub} = connection;
  return 'namespace' in auth
    ? new EventHubConsumerClient(groupOf(connection), hostOf(connection), hub, auth.credential, options)
    : new EventHubConsumerClient(groupOf(connection), auth.connectionString, hub, options);
}

function baseOptions({transport}: EventHubsConnection): EventHubConsumerClientOptions {
  if (transport !== 'websockets') return {};
  return {webSocketOptions: {webSocket: globalThis.WebSocket}};
}
