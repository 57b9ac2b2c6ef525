import type {ContainerClient} from '@azure/storage-blob';
import type {DeadLetterStore, SourcePartition, Unavailable} from '@weir/pipeline';
import {deadLettersBlobName} from './blob-names.ts';
import {requestSignal} from './request-signal.ts';
import {storageFault, unavailable} from './storage-fault.ts';

/** Past this the answer counts as lost; the caller tries again, and finds the blob if it was written. */
const requestTimeoutMs = 30_000;

/** One blob per commit, written once: a second attempt at the same commit finds it there, which is success. */
export class BlobDeadLetterStore implements DeadLetterStore {
  readonly #container: ContainerClient;

  constructor(container: ContainerClient) {
    this.#container = container;
  }

  async write(
    partition: SourcePartition,
    {lineage, n, bytes}: {lineage: string; n: number; bytes: Uint8Array},
    signal?: AbortSignal,
  ): Promise<{kind: 'written'} | Unavailable> {
    const blob = this.#container.getBlockBlobClient(deadLettersBlobName(partition, {lineage, n}));
    try {
      await blob.upload(bytes, bytes.length, {
        conditions: {ifNoneMatch: '*'},
        abortSignal: requestSignal(requestTimeoutMs, signal),
      });
      return {kind: 'written'};
    } catch (error) {
      const fault = storageFault(error, signal);
      return fault.kind === 'refused' ? {kind: 'written'} : unavailable(fault);
    }
  }
}
