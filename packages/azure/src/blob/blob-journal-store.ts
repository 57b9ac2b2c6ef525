import type {BlockBlobClient, ContainerClient} from '@azure/storage-blob';
import type {ConditionalWrite, JournalRead, JournalStore, SourcePartition, Unavailable} from '@weir/pipeline';
import {startUpError} from './blob-container.ts';
import {journalBlobName, journalsPrefix} from './blob-names.ts';
import {readBody} from './read-body.ts';
import {requestSignal} from './request-signal.ts';
import {storageFault, unavailable} from './storage-fault.ts';

/** A journal of the default limit (8 MiB) takes well under a second; past this the answer counts as lost. */
const requestTimeoutMs = 30_000;
/** Above any `commit.bytesMax`: a blob that grew past it was not written by this program. */
const journalBytesMax = 64 * 1024 * 1024;

/**
 * One block blob per partition, replaced as a whole under its ETag. Nothing is retried here: only the caller knows which
 * bytes may be sent again after a lost answer. Reads go to the primary, whatever the account's replication.
 */
export class BlobJournalStore implements JournalStore {
  readonly #container: ContainerClient;

  /** `container` must not retry by itself (`createBlobContainer` makes such a one). */
  constructor(container: ContainerClient) {
    this.#container = container;
  }

  async read(partition: SourcePartition, signal?: AbortSignal): Promise<JournalRead> {
    try {
      const answer = await this.#blob(partition).download(0, undefined, {
        abortSignal: requestSignal(requestTimeoutMs, signal),
        maxRetryRequests: 0,
      });
      const bytes = await readBody(answer.readableStreamBody, {bytesMax: journalBytesMax});
      if (answer.etag === undefined || bytes.length !== answer.contentLength) {
        return {kind: 'unavailable', cause: 'incomplete answer'};
      }
      return {kind: 'found', etag: answer.etag, bytes};
    } catch (error) {
      return readFault(error, signal);
    }
  }

  async write(
    partition: SourcePartition,
    {bytes, ifMatch}: {bytes: Uint8Array; ifMatch: string | undefined},
    signal?: AbortSignal,
  ): Promise<ConditionalWrite> {
    try {
      const answer = await this.#blob(partition).upload(bytes, bytes.length, {
        conditions: ifMatch === undefined ? {ifNoneMatch: '*'} : {ifMatch},
        abortSignal: requestSignal(requestTimeoutMs, signal),
      });
      return answer.etag === undefined
        ? {kind: 'unclear', cause: 'answer without an ETag'}
        : {kind: 'written', etag: answer.etag};
    } catch (error) {
      const fault = storageFault(error, signal);
      return fault.kind === 'refused' ? fault : {kind: 'unclear', cause: unavailable(fault).cause};
    }
  }

  async etag(
    partition: SourcePartition,
    signal?: AbortSignal,
  ): Promise<{kind: 'found'; etag: string} | {kind: 'missing'} | Unavailable> {
    try {
      const {etag} = await this.#blob(partition).getProperties({
        abortSignal: requestSignal(requestTimeoutMs, signal),
      });
      return etag === undefined
        ? {kind: 'unavailable', cause: 'answer without an ETag'}
        : {kind: 'found', etag};
    } catch (error) {
      return readFault(error, signal);
    }
  }

  /**
   * The partitions of a hub and consumer group that have a journal.
   * @throws StorageRefusedError, StorageUnreachableError
   */
  async partitionIds(
    source: Omit<SourcePartition, 'partitionId'>,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const prefix = journalsPrefix(source);
    const ids: string[] = [];
    try {
      for await (const {name} of this.#container.listBlobsFlat({prefix, abortSignal: signal})) {
        ids.push(name.slice(prefix.length));
      }
    } catch (error) {
      signal.throwIfAborted();
      throw startUpError(error, this.#container, this.#container.containerName);
    }
    return ids;
  }

  #blob(partition: SourcePartition): BlockBlobClient {
    return this.#container.getBlockBlobClient(journalBlobName(partition));
  }
}

function readFault(error: unknown, signal: AbortSignal | undefined): {kind: 'missing'} | Unavailable {
  const fault = storageFault(error, signal);
  return fault.kind === 'missing' ? fault : unavailable(fault);
}
