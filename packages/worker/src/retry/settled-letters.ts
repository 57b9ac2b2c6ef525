import {createHash} from 'node:crypto';
import type {DeadLetter, GatewayEvent, SettledLetter, SourcePartition, Unavailable} from '@weir/pipeline';

/** Which dead letters retries have settled: one blob per commit of the retry partition, written once. */
export interface SettledLetterStore {
  /**
   * Success too where all of them are marked under this number already. `differs`: other letters are, so a commit of that
   * number was written before, and the journal was restored from an older copy since.
   */
  write(
    partition: SourcePartition,
    settled: MarkedLetters,
    signal?: AbortSignal,
  ): Promise<{kind: 'written'} | {kind: 'differs'} | Unavailable>;
  /** All of a hub and group, a commit at a time. Strongly consistent: what was written before is among them. */
  letters(source: Omit<SourcePartition, 'partitionId'>, signal: AbortSignal): AsyncIterable<MarkedLetters>;
}

/** The letters that one commit of the retry partition settled. */
export interface MarkedLetters {
  readonly lineage: string;
  readonly n: number;
  readonly letters: readonly SettledLetter[];
}

/** Names a record for good. The time tells it from one of a hub that was made again and counts from 0 once more. */
export function letterKey({
  partitionId,
  sequenceNumber,
  index,
  enqueuedTimeMs,
}: Pick<DeadLetter, 'sequenceNumber' | 'index' | 'enqueuedTimeMs'> & {readonly partitionId: string}): string {
  return `${partitionId}/${sequenceNumber}/${index}/${enqueuedTimeMs}`;
}

/** 128 bits: enough that two ids meet only by chance, and nothing of an id is stored in the clear. */
export function requestIdHashOf({requestId}: Pick<GatewayEvent, 'requestId'>): string | undefined {
  if (requestId === undefined) return undefined;
  return createHash('sha256').update(requestId).digest('hex').slice(0, 32);
}

/** Some 100 MB. Hubs keep events for 90 days at most, so older ones may be deleted: see docs/operations.md. */
const lettersMax = 1_000_000;

/** So many retries were made that memory would not hold them: delete old blobs, whose events have long expired. */
export class TooManySettledError extends Error {
  readonly code = 'TOO_MANY_SETTLED';
}

/** What retries have settled so far, by record; and the requests that they have counted. */
export class SettledLetters {
  readonly #byKey = new Map<string, SettledLetter>();
  readonly #requests = new Set<string>();
  /** By lineage. */
  readonly #lastMarked = new Map<string, number>();

  /** @throws {TooManySettledError} at 1,000,000 letters, and what the store throws */
  static async read(
    store: SettledLetterStore,
    source: Omit<SourcePartition, 'partitionId'>,
    signal: AbortSignal,
  ): Promise<SettledLetters> {
    const settled = new SettledLetters();
    for await (const {lineage, n, letters} of store.letters(source, signal)) {
      settled.#lastMarked.set(lineage, Math.max(n, settled.lastMarkedOf(lineage)));
      settled.add(letters);
    }
    return settled;
  }

  get size(): number {
    return this.#byKey.size;
  }

  add(letters: readonly SettledLetter[]): void {
    for (const letter of letters) {
      this.#byKey.set(letterKey(letter), letter);
      if (letter.as === 'counted' && letter.requestIdHash !== undefined)
        this.#requests.add(letter.requestIdHash);
    }
    if (this.#byKey.size > lettersMax)
      throw new TooManySettledError(
        `Retries have settled more than ${lettersMax} dead letters. Delete the oldest blobs below settled-letters/, whose events are no longer in the hub.`,
      );
  }

  /** The highest commit of a lineage whose letters are marked in storage; 0: none. */
  lastMarkedOf(lineage: string): number {
    return this.#lastMarked.get(lineage) ?? 0;
  }

  of(letter: Parameters<typeof letterKey>[0]): SettledLetter | undefined {
    return this.#byKey.get(letterKey(letter));
  }

  /** Whether a retry has counted this request. @param hash see {@link requestIdHashOf} */
  hasCounted(hash: string): boolean {
    return this.#requests.has(hash);
  }
}
