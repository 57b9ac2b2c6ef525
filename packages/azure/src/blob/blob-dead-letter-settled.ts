import type {ContainerClient} from '@azure/storage-blob';
import type {SettledLetter, SourcePartition, Unavailable} from '@weir/pipeline';
import {readLineBlobs, readLines, valueOfLine, type LineBlob} from './blob-dead-letter-lines.ts';
import {settledLettersBlobName, settledLettersPrefix} from './blob-names.ts';
import {requestSignal} from './request-signal.ts';
import {storageFault, unavailable} from './storage-fault.ts';

/** Past this the answer counts as lost; the caller tries again, and finds the blob if it was written. */
const requestTimeoutMs = 30_000;

/** What one commit of the retry partition settled. */
interface MarkedLetters {
  readonly lineage: string;
  readonly n: number;
  readonly letters: readonly SettledLetter[];
}

/**
 * Which dead letters retries have settled: one blob per commit of the retry partition, written once, beside the letters
 * themselves, which stay as they are.
 */
export class BlobSettledLetters {
  readonly #container: ContainerClient;

  constructor(container: ContainerClient) {
    this.#container = container;
  }

  /**
   * A second attempt at the same commit finds its blob there, which is success. `differs`: the blob there lacks some of
   * these letters, so it is of another commit that had the same number.
   */
  async write(
    partition: SourcePartition,
    {lineage, n, letters}: MarkedLetters,
    signal?: AbortSignal,
  ): Promise<{kind: 'written'} | {kind: 'differs'} | Unavailable> {
    const bytes = Buffer.from(letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''));
    const name = settledLettersBlobName(partition, {lineage, n});
    const blob = this.#container.getBlockBlobClient(name);
    try {
      await blob.upload(bytes, bytes.length, {
        conditions: {ifNoneMatch: '*'},
        abortSignal: requestSignal(requestTimeoutMs, signal),
      });
      return {kind: 'written'};
    } catch (error) {
      const fault = storageFault(error, signal);
      if (fault.kind !== 'refused') return unavailable(fault);
    }
    return this.#compare(name, letters, signal);
  }

  async #compare(
    name: string,
    letters: readonly SettledLetter[],
    signal: AbortSignal | undefined,
  ): Promise<{kind: 'written'} | {kind: 'differs'} | Unavailable> {
    try {
      const lines = await readLines(this.#container, name, signal);
      const places = new Set(lettersOf({name, lines}).map(placeOf));
      return {kind: letters.every((letter) => places.has(placeOf(letter))) ? 'written' : 'differs'};
    } catch (error) {
      return unavailable(storageFault(error, signal));
    }
  }

  /** All of a hub and group, a commit at a time. @throws StorageRefusedError, StorageUnreachableError */
  async *letters(
    source: Omit<SourcePartition, 'partitionId'>,
    signal: AbortSignal,
  ): AsyncGenerator<MarkedLetters, void, undefined> {
    const prefix = settledLettersPrefix(source);
    for await (const blob of readLineBlobs(this.#container, {prefix, signal})) {
      const [lineage = '', n] = blob.name.split('/').slice(-2);
      yield {lineage, n: Number(n), letters: lettersOf(blob)};
    }
  }
}

function lettersOf({name, lines}: LineBlob): SettledLetter[] {
  return lines.map((line) => valueOfLine(line, name) as SettledLetter);
}

function placeOf({partitionId, sequenceNumber, index, enqueuedTimeMs}: SettledLetter): string {
  return `${partitionId}/${sequenceNumber}/${index}/${enqueuedTimeMs}`;
}
