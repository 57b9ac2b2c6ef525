import type {TokenCredential} from '@azure/core-auth';
import {
  ContainerClient,
  newPipeline,
  RestError,
  type HttpOperationResponse,
  type RequestPolicyFactory,
} from '@azure/storage-blob';
import {StorageClock} from './storage-clock.ts';

/** How storage is reached: a connection string (key or SAS in it), or the account's URL with an identity. */
export type StorageConnection =
  {readonly connectionString: string} | {readonly accountUrl: string; readonly credential: TokenCredential};

/** A container that exists, and the service's clock as its answers tell it. */
export interface BlobContainer {
  readonly client: ContainerClient;
  readonly clock: StorageClock;
}

/** The connection or the rights are wrong: nothing can be stored until somebody acts. Exit with the message. */
export class StorageRefusedError extends Error {
  readonly code = 'STORAGE_REFUSED';
  override readonly name = 'StorageRefusedError';
}
/** Storage did not answer, or only with server errors: try again. */
export class StorageUnreachableError extends Error {
  readonly code = 'STORAGE_UNREACHABLE';
  override readonly name = 'StorageUnreachableError';
}

/** One start-up request; past it the account counts as unreachable. */
const createTimeoutMs = 15_000;

/**
 * The container named `name`, made if it is missing and the rights allow. Every client made from it sends a request
 * once: a retry inside the SDK after a lost answer would turn a write that happened into a 412.
 *
 * @throws StorageRefusedError for a malformed or plain-http connection, wrong credentials or missing rights.
 * @throws StorageUnreachableError when there is no usable answer.
 */
export async function createBlobContainer(
  options: StorageConnection & {readonly name: string},
): Promise<BlobContainer> {
  const clock = new StorageClock();
  const client = openClient(options, clock);
  try {
    await client.createIfNotExists({abortSignal: AbortSignal.timeout(createTimeoutMs)});
  } catch (error) {
    // A role that may write blobs but make no container is common; then it only has to be there.
    if (!(isForbidden(error) && (await exists(client)))) throw startUpError(error, client, options.name);
  }
  return {client, clock};
}

/**
 * The container as it is, for readers: nothing is made, and no request is sent yet.
 * @throws StorageRefusedError for a malformed or plain-http connection
 */
export function openBlobContainer(options: StorageConnection & {readonly name: string}): ContainerClient {
  return openClient(options, new StorageClock());
}

/**
 * The same with the clock of its answers; `now` is the local one, ms since the epoch.
 * @throws StorageRefusedError for a malformed or plain-http connection
 */
export function openObservedContainer(
  options: StorageConnection & {readonly name: string; readonly now?: () => number},
): BlobContainer {
  const clock = new StorageClock(options.now);
  return {client: openClient(options, clock), clock};
}

function openClient(options: StorageConnection & {name: string}, clock: StorageClock): ContainerClient {
  const {url, credential} = address(options);
  const {protocol, hostname} = new URL(url);
  const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  if (protocol !== 'https:' && !isLoopback) {
    throw new StorageRefusedError(
      `Storage at ${hostname} must be reached over https; http is for loopback only.`,
    );
  }
  const pipeline = newPipeline(credential, {retryOptions: {maxTries: 1}});
  pipeline.factories.push(dateObserver(clock));
  return new ContainerClient(url, pipeline);
}

function address(options: StorageConnection & {name: string}): {
  url: string;
  credential: ContainerClient['credential'] | TokenCredential;
} {
  try {
    if ('connectionString' in options) {
      const client = new ContainerClient(options.connectionString, options.name);
      return {url: client.url, credential: client.credential};
    }
    const base = options.accountUrl.replace(/\/+$/, '');
    return {url: new URL(`${base}/${options.name}`).href, credential: options.credential};
  } catch (error) {
    // The cause may quote the connection string, key included: it is left out on purpose.
    throw new StorageRefusedError(
      'connectionString' in options
        ? `The storage connection string cannot be read (${error instanceof Error ? error.name : 'error'}).`
        : 'The storage account URL is not a URL.',
    );
  }
}

function dateObserver(clock: StorageClock): RequestPolicyFactory {
  return {
    create: (next) => ({
      async sendRequest(request): Promise<HttpOperationResponse> {
        try {
          const response = await next.sendRequest(request);
          clock.observe(response.headers.get('date') ?? undefined);
          return response;
        } catch (error) {
          // A refusal carries the time as well, and may even be for the sake of it.
          if (error instanceof RestError) clock.observe(error.response?.headers.get('date') ?? undefined);
          throw error;
        }
      },
    }),
  };
}

async function exists(client: ContainerClient): Promise<boolean> {
  try {
    // Not `exists()`, which asks for the container's properties: listing needs only the rights that are used later.
    await client
      .listBlobsFlat({abortSignal: AbortSignal.timeout(createTimeoutMs)})
      .byPage({maxPageSize: 1})
      .next();
    return true;
  } catch (error) {
    if (error instanceof RestError) return false;
    throw error;
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof RestError && (error.statusCode === 401 || error.statusCode === 403);
}

/** What an error of a request means for whoever runs the program. */
export function startUpError(error: unknown, client: ContainerClient, name: string): Error {
  const at = `${client.accountName || new URL(client.url).hostname}, container "${name}"`;
  if (isForbidden(error)) {
    const code = error instanceof RestError ? error.code : undefined;
    return new StorageRefusedError(
      `Storage account ${at}: refused (${code ?? 'forbidden'}). The container cannot be made or listed: check the ` +
        'key, or give the identity the role "Storage Blob Data Contributor" on the account or the container.',
      {cause: error},
    );
  }
  const status = error instanceof RestError ? error.statusCode : undefined;
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429) {
    return new StorageRefusedError(`Storage account ${at}: refused with status ${status}.`, {cause: error});
  }
  return new StorageUnreachableError(`Storage account ${at}: no usable answer.`, {cause: error});
}
