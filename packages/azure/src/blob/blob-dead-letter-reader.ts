import {RestError, type ContainerClient} from '@azure/storage-blob';
import type {DeadLetter, SourcePartition} from '@weir/pipeline';
import {startUpError, StorageRefusedError, StorageUnreachableError} from './blob-container.ts';
import {deadLettersPrefix} from './blob-names.ts';
import {readBody} from './read-body.ts';
import {requestSignal} from './request-signal.ts';

/** One dead letter, and the commit that wrote it. */
export interface StoredDeadLetter extends DeadLetter {
  readonly partitionId: string;
  readonly lineage: string;
  readonly n: number;
}

const requestTimeoutMs = 30_000;
/** A commit sets aside some 10,000 records at most, of a few hundred bytes each. */
const lettersBytesMax = 64 * 1024 * 1024;
/** Names per list request; the service's own limit. */
const pageMax = 5000;
/** Blobs read at a time. */
const readsMax = 8;

/** Reads what `BlobDeadLetterStore` wrote, and changes nothing. */
export class BlobDeadLetterReader {
  readonly #container: ContainerClient;

  constructor(container: ContainerClient) {
    this.#container = container;
  }

  /**
   * The dead letters of one partition or of all, blob by blob, so that memory does not grow with them. Blobs come in the
   * order of their names, which is not that of their numbers.
   * @throws StorageRefusedError, StorageUnreachableError
   */
  async *letters(
    source: Omit<SourcePartition, 'partitionId'>,
    {partitionId, signal}: {partitionId: string | undefined; signal: AbortSignal},
  ): AsyncGenerator<readonly StoredDeadLetter[], void, undefined> {
    const prefix = deadLettersPrefix(source, partitionId);
    const pages = this.#container.listBlobsFlat({prefix, abortSignal: signal}).byPage({maxPageSize: pageMax});
    for (;;) {
      const page = await this.#judged(() => pages.next());
      if (page.done === true) return;
      const names = page.value.segment.blobItems.map(({name}) => name);
      for (let at = 0; at < names.length; at += readsMax) {
        yield* await Promise.all(names.slice(at, at + readsMax).map((name) => this.#read(name, signal)));
      }
    }
  }

  /** Of a blob whose name is not one of ours, nothing. */
  async #read(name: string, signal: AbortSignal): Promise<StoredDeadLetter[]> {
    const [n, lineage, partitionId] = name.split('/').toReversed();
    if (n === undefined || !/^\d{1,15}$/.test(n) || lineage === undefined || partitionId === undefined)
      return [];
    const bytes = await this.#judged(async () => {
      const abortSignal = requestSignal(requestTimeoutMs, signal);
      const answer = await this.#container.getBlobClient(name).download(0, undefined, {abortSignal});
      return readBody(answer.readableStreamBody, {bytesMax: lettersBytesMax});
    });
    return Buffer.from(bytes)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({...parseLetter(line, name), partitionId, lineage, n: Number(n)}));
  }

  async #judged<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (error instanceof RestError && error.code === 'ContainerNotFound') {
        const {containerName} = this.#container;
        throw new StorageRefusedError(
          `There is no blob container "${containerName}": no worker has run there, or STORAGE_CONTAINER names another.`,
          {cause: error},
        );
      }
      throw startUpError(error, this.#container, this.#container.containerName);
    }
  }
}

function parseLetter(line: string, name: string): DeadLetter {
  try {
    return JSON.parse(line) as DeadLetter;
  } catch (cause) {
    throw new StorageUnreachableError(`The blob ${name} is not one of dead letters.`, {cause});
  }
}
