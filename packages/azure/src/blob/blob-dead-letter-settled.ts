import type {ContainerClient} from '@azure/storage-blob';
import type {SettledLetter, SourcePartition, Unavailable} from '@weir/pipeline';
import {readLineBlobs, valueOfLine} from './blob-dead-letter-lines.ts';
import {settledLettersBlobName, settledLettersPrefix} from './blob-names.ts';
import {requestSignal} from './request-signal.ts';
import {storageFault, unavailable} from './storage-fault.ts';

/** Past this the answer counts as lost; the caller tries again, and finds the blob if it was written. */
const requestTimeoutMs = 30_000;

/**
 * Which dead letters retries have settled: one blob per commit of the retry partition, written once, beside the letters
 * themselves, which stay as they are.
 */
export class BlobSettledLetters {
  readonly #container: ContainerClient;

  constructor(container: ContainerClient) {
    this.#container = container;
  }

  /** A second attempt at the same commit finds its blob there, which is success. */
  async write(
    partition: SourcePartition,
    {lineage, n, letters}: {lineage: string; n: number; letters: readonly SettledLetter[]},
    signal?: AbortSignal,
  ): Promise<{kind: 'written'} | Unavailable> {
    const bytes = Buffer.from(letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''));
    const blob = this.#container.getBlockBlobClient(settledLettersBlobName(partition, {lineage, n}));
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

  /** All of a hub and group, a commit at a time. @throws StorageRefusedError, StorageUnreachableError */
  async *letters(
    source: Omit<SourcePartition, 'partitionId'>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly SettledLetter[], void, undefined> {
    const prefix = settledLettersPrefix(source);
    for await (const {name, lines} of readLineBlobs(this.#container, {prefix, signal})) {
      yield lines.map((line) => valueOfLine(line, name) as SettledLetter);
    }
  }
}
