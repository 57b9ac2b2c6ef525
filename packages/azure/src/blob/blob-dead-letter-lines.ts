import {RestError, type ContainerClient} from '@azure/storage-blob';
import {startUpError, StorageRefusedError, StorageUnreachableError} from './blob-container.ts';
import {readBody} from './read-body.ts';
import {requestSignal} from './request-signal.ts';

/** A blob of JSON lines that one commit wrote. */
export interface LineBlob {
  /** Ends with lineage and number of the commit. */
  readonly name: string;
  readonly lines: readonly string[];
}

const requestTimeoutMs = 30_000;
/** A commit sets aside some 10,000 records at most, of a few hundred bytes each. */
const blobBytesMax = 64 * 1024 * 1024;
/** Names per list request; the service's own limit. */
const pageMax = 5000;
/** Blobs read at a time. */
const readsMax = 8;

/**
 * The blobs below a prefix whose names end with a commit's number; others are passed over.
 * @throws StorageRefusedError, StorageUnreachableError
 */
export async function* readLineBlobs(
  container: ContainerClient,
  {prefix, signal}: {prefix: string; signal: AbortSignal},
): AsyncGenerator<LineBlob, void, undefined> {
  const pages = container.listBlobsFlat({prefix, abortSignal: signal}).byPage({maxPageSize: pageMax});
  for (;;) {
    const page = await judged(container, () => pages.next());
    if (page.done === true) return;
    const names = page.value.segment.blobItems.map(({name}) => name).filter(isOfCommit);
    for (let at = 0; at < names.length; at += readsMax) {
      yield* await Promise.all(
        names.slice(at, at + readsMax).map(async (name) => ({
          name,
          lines: await judged(container, () => readLines(container, name, signal)),
        })),
      );
    }
  }
}

/** @throws StorageUnreachableError for a line that is no JSON */
export function valueOfLine(line: string, name: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new StorageUnreachableError(`The blob ${name} is not one of dead letters.`, {cause});
  }
}

function isOfCommit(name: string): boolean {
  return /\/\d{1,15}$/.test(name);
}

/** @throws {RestError} */
export async function readLines(
  container: ContainerClient,
  name: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const abortSignal = requestSignal(requestTimeoutMs, signal);
  const answer = await container.getBlobClient(name).download(0, undefined, {abortSignal});
  const bytes = await readBody(answer.readableStreamBody, {bytesMax: blobBytesMax});
  return Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

async function judged<T>(container: ContainerClient, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof RestError && error.code === 'ContainerNotFound') {
      const {containerName} = container;
      throw new StorageRefusedError(
        `There is no blob container "${containerName}": no worker has run there, or STORAGE_CONTAINER names another.`,
        {cause: error},
      );
    }
    throw startUpError(error, container, container.containerName);
  }
}
