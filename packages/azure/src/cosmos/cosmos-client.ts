import type {TokenCredential} from '@azure/core-auth';
import {createDefaultHttpClient, type HttpClient} from '@azure/core-rest-pipeline';
import {CosmosClient} from '@azure/cosmos';

/** The configured endpoint or credential cannot work; start-up stops and says what to change. */
export class CosmosConfigurationError extends Error {
  readonly code = 'COSMOS_CONFIGURATION';

  constructor(message: string) {
    super(message);
    this.name = 'CosmosConfigurationError';
  }
}

export interface CosmosClientOptions {
  /** `https://account.documents.azure.com[:443]`, without a path; http only for a loopback host. */
  readonly endpoint: string;
  /** The account key, or Entra identity (not over http). */
  readonly credential: {readonly key: string} | {readonly token: TokenCredential};
  /**
   * `on` follows the account's own list of regions, so a regional failover is noticed; `off` pins the endpoint, for
   * emulators behind another address. Default: off for a loopback host, else on.
   */
  readonly endpointDiscovery?: 'on' | 'off';
  /** Of one attempt; default 10 s. The SDK's own default of 60 s would hold up a whole flush. */
  readonly requestTimeoutMs?: number;
}

const requestTimeoutDefaultMs = 10_000;

/**
 * A client without retries of its own: a repeated write would hide a written change behind a 412, and its sleeps do
 * not hear an abort. Throws `CosmosConfigurationError`. The caller disposes of it.
 */
export function createCosmosClient(options: CosmosClientOptions): CosmosClient {
  const {endpoint, isLoopback} = checkedEndpoint(options.endpoint);
  const isPlain = endpoint.startsWith('http:');
  if (isPlain && 'token' in options.credential) {
    throw new CosmosConfigurationError(
      'COSMOS_ENDPOINT is plain http, where no Entra token is sent; set COSMOS_KEY or use https.',
    );
  }
  const discovery = options.endpointDiscovery ?? (isLoopback ? 'off' : 'on');
  return new CosmosClient({
    endpoint,
    ...('key' in options.credential
      ? {key: options.credential.key}
      : {aadCredentials: options.credential.token}),
    httpClient: singleAttempt(createDefaultHttpClient()),
    connectionPolicy: {
      requestTimeout: options.requestTimeoutMs ?? requestTimeoutDefaultMs,
      enableEndpointDiscovery: discovery === 'on',
      // It would send a write again in another region, after which our own first write looks like a 412.
      enablePartitionLevelFailover: false,
      enablePartitionLevelCircuitBreaker: false,
      retryOptions: {maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0},
    },
  });
}

function checkedEndpoint(text: string): {endpoint: string; isLoopback: boolean} {
  if (!URL.canParse(text)) throw new CosmosConfigurationError('COSMOS_ENDPOINT is not a URL.');
  const {protocol, hostname, origin, pathname, search, username} = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new CosmosConfigurationError('COSMOS_ENDPOINT must begin with https://.');
  }
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
  if (protocol === 'http:' && !isLoopback) {
    throw new CosmosConfigurationError(
      'COSMOS_ENDPOINT is plain http; only a loopback endpoint may be. Use https://.',
    );
  }
  if (pathname !== '/' || search !== '' || username !== '') {
    throw new CosmosConfigurationError('COSMOS_ENDPOINT carries a path, a query or a user name; remove it.');
  }
  return {endpoint: `${origin}/`, isLoopback};
}

/** Codes after which the SDK repeats a read up to ten times, a second apart, deaf to aborts; not configurable. */
const codesTheSdkRetries = new Set(['ECONNRESET', 'EPIPE']);

/** The connection broke during a request; the code is not one that the SDK acts on. */
class ConnectionLostError extends Error {
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super('The connection to Cosmos DB broke.', {cause});
    this.name = 'ConnectionLostError';
    this.code = code;
  }
}

function singleAttempt(client: HttpClient): HttpClient {
  return {
    async sendRequest(request) {
      try {
        return await client.sendRequest(request);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        if (typeof code !== 'string' || !codesTheSdkRetries.has(code)) throw error;
        throw new ConnectionLostError(`CONNECTION_${code}`, error);
      }
    },
  };
}
