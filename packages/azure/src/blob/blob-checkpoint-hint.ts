import type {ContainerClient} from '@azure/storage-blob';
import type {CheckpointStore, Position, SourcePartition, Unavailable} from '@weir/pipeline';
import {checkpointBlobName} from './blob-names.ts';
import {requestSignal} from './request-signal.ts';
import {storageFault, unavailable} from './storage-fault.ts';

/** A hint is not worth a long wait: the next one replaces it. */
const requestTimeoutMs = 10_000;
/** Highest positions kept; one per partition and hub, and a hub has at most 1,024 partitions. */
const partitionsMax = 4096;

/**
 * The resume position in the SDK's own blob format, so that KEDA and other tools can compute a lag. Nothing of ours reads
 * it. Within this process it never goes backwards; an older position than the one written is dropped and counts as
 * written.
 */
export class BlobCheckpointHint implements CheckpointStore {
  readonly #container: ContainerClient;
  /** Highest sequence number of a write that was begun, by blob name. */
  readonly #highest = new Map<string, number>();

  constructor(container: ContainerClient) {
    this.#container = container;
  }

  async write(
    partition: SourcePartition,
    position: Position,
    signal?: AbortSignal,
  ): Promise<{kind: 'written'} | Unavailable> {
    const name = checkpointBlobName(partition);
    // Before the first event there is nothing to hint at, and tools do not expect a negative number.
    if (position.sequenceNumber < 0 || position.sequenceNumber < (this.#highest.get(name) ?? -1)) {
      return {kind: 'written'};
    }
    this.#remember(name, position.sequenceNumber);
    const metadata = {sequencenumber: String(position.sequenceNumber), offset: position.offset};
    const blob = this.#container.getBlockBlobClient(name);
    try {
      // Metadata first, like the SDK: an upload would leave a soft-deleted blob behind each time.
      // https://github.com/Azure/azure-sdk-for-js/issues/10132
      await blob.setMetadata(metadata, {abortSignal: requestSignal(requestTimeoutMs, signal)});
      return {kind: 'written'};
    } catch (error) {
      const fault = storageFault(error, signal);
      if (fault.kind !== 'missing') return unavailable(fault);
    }
    try {
      await blob.upload('', 0, {metadata, abortSignal: requestSignal(requestTimeoutMs, signal)});
      return {kind: 'written'};
    } catch (error) {
      return unavailable(storageFault(error, signal));
    }
  }

  /** Whether somebody has left a checkpoint: without a journal it is ignored, and that should be said. */
  async exists(partition: SourcePartition, signal?: AbortSignal): Promise<boolean> {
    const blob = this.#container.getBlockBlobClient(checkpointBlobName(partition));
    try {
      return await blob.exists({abortSignal: requestSignal(requestTimeoutMs, signal)});
    } catch (error) {
      if (signal?.aborted === true) throw error;
      return false; // it would only have been a line in the log
    }
  }

  #remember(name: string, sequenceNumber: number): void {
    this.#highest.delete(name);
    this.#highest.set(name, sequenceNumber);
    for (const oldest of this.#highest.keys()) {
      if (this.#highest.size <= partitionsMax) break;
      this.#highest.delete(oldest);
    }
  }
}
