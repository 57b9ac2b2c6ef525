import type {PartitionLease} from '@weir/azure';
import type {ReceivedEvent} from '@weir/pipeline';
import {partition} from '../in-memory-ports.ts';

/** For tests: a lease whose batches the test hands over. */
export class HandedLease implements PartitionLease {
  readonly partition;
  readonly prelude: unknown;
  readonly startedAt = undefined;
  /** Why it was let go; the first reason counts. */
  released: string | undefined;
  readonly #ended = new AbortController();
  readonly #batches: (readonly ReceivedEvent[])[] = [];
  #wake = (): void => {};

  constructor(prelude: unknown, partitionId = partition.partitionId) {
    this.prelude = prelude;
    this.partition = {...partition, partitionId};
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }
  get isOwned(): boolean {
    return !this.signal.aborted;
  }
  /** Batches that nobody has asked for yet. */
  get undelivered(): number {
    return this.#batches.length;
  }

  deliver(...events: ReceivedEvent[]): void {
    this.#batches.push(events);
    this.#wake();
  }

  /** Another worker has taken the partition. */
  lose(): void {
    this.#ended.abort(new Error('taken'));
    this.#wake();
  }

  release(reason: string): void {
    this.released ??= reason;
    this.lose();
  }

  async *batches(): AsyncGenerator<readonly ReceivedEvent[], void, undefined> {
    while (!this.signal.aborted) {
      const batch = this.#batches.shift();
      if (batch !== undefined) yield batch;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
