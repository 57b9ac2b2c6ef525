import type {HubEvent} from '@weir/azure';
import type {PartitionFacts} from '@weir/pipeline';
import type {Position, ProgressState} from './progress.ts';

interface PartitionPart {
  readonly lastSequenceNumber: number;
  readonly lastEnqueuedTimeMs: number;
  /** Undefined before the first event. */
  first: {readonly sequenceNumber: number; readonly enqueuedTimeMs: number} | undefined;
  latest: {readonly sequenceNumber: number; readonly enqueuedTimeMs: number} | undefined;
  isEnded: boolean;
}

/** Counts what was read and written, and judges how far that is. */
export class Tally {
  #read = 0;
  #written = 0;
  #at: Position | undefined;
  readonly #parts: ReadonlyMap<string, PartitionPart>;
  readonly #limits: {
    readonly countMax: number | undefined;
    readonly forMs: number | undefined;
    readonly untilMs: number | undefined;
  };
  readonly #startedMs = Date.now();

  constructor({
    facts,
    ...limits
  }: {
    facts: ReadonlyMap<string, PartitionFacts>;
    countMax: number | undefined;
    forMs: number | undefined;
    untilMs: number | undefined;
  }) {
    this.#limits = limits;
    this.#parts = new Map(
      [...facts].map(([partition, {isEmpty, lastEnqueuedSequenceNumber, lastEnqueuedTimeMs}]) => [
        partition,
        {
          lastSequenceNumber: lastEnqueuedSequenceNumber,
          lastEnqueuedTimeMs,
          first: undefined,
          latest: undefined,
          isEnded: isEmpty,
        },
      ]),
    );
  }

  /** As many have been written as were wanted. */
  get isFull(): boolean {
    return this.#written >= (this.#limits.countMax ?? Infinity);
  }

  /** The texts of the wanted events of a batch, no more than are still to be written; counts what was looked at. */
  admit(batch: readonly HubEvent[], textOf: (event: HubEvent) => string | undefined): string[] {
    const texts: string[] = [];
    for (const event of batch) {
      if (this.isFull) break;
      this.#read += 1;
      const text = textOf(event);
      if (text === undefined) continue;
      this.#written += 1;
      texts.push(text);
    }
    return texts;
  }

  passed(partition: string, batch: readonly HubEvent[]): void {
    const [first, latest] = [batch[0], batch.at(-1)];
    const part = this.#parts.get(partition);
    if (part === undefined || first === undefined || latest === undefined) return;
    // The event itself holds its body.
    part.first ??= {sequenceNumber: first.sequenceNumber, enqueuedTimeMs: first.enqueuedTimeMs};
    part.latest = {sequenceNumber: latest.sequenceNumber, enqueuedTimeMs: latest.enqueuedTimeMs};
    this.#at = {partition, sequenceNumber: latest.sequenceNumber};
  }

  ended(partition: string): void {
    const part = this.#parts.get(partition);
    if (part !== undefined) part.isEnded = true;
  }

  state(): ProgressState {
    return {read: this.#read, written: this.#written, at: this.#at, done: this.#done()};
  }

  summary(path: string): string {
    const count = (n: number): string => n.toLocaleString('en-US');
    const where = path === '-' ? '' : ` to ${path}`;
    const partitions = this.#parts.size === 1 ? '1 partition' : `${this.#parts.size} partitions`;
    return `Wrote ${count(this.#written)} of ${count(this.#read)} events read from ${partitions}${where}.`;
  }

  /** Whichever end is nearest. */
  #done(): number | undefined {
    const {countMax, forMs} = this.#limits;
    const parts = [...this.#parts.values()].map((part) => (part.isEnded ? 1 : this.#partDone(part)));
    const known = parts.filter((done) => done !== undefined);
    const ends = [
      ...(countMax === undefined ? [] : [this.#written / countMax]),
      ...(forMs === undefined ? [] : [(Date.now() - this.#startedMs) / forMs]),
      ...(known.length < parts.length || forMs !== undefined
        ? []
        : [known.reduce((sum, done) => sum + done, 0) / known.length]),
    ];
    return ends.length === 0 ? undefined : Math.min(1, Math.max(...ends));
  }

  #partDone({first, latest, lastSequenceNumber, lastEnqueuedTimeMs}: PartitionPart): number | undefined {
    if (first === undefined || latest === undefined) return undefined;
    const {untilMs} = this.#limits;
    if (untilMs !== undefined && untilMs < lastEnqueuedTimeMs) {
      return part(latest.enqueuedTimeMs - first.enqueuedTimeMs, untilMs - first.enqueuedTimeMs);
    }
    return part(latest.sequenceNumber - first.sequenceNumber, lastSequenceNumber - first.sequenceNumber);
  }
}

function part(done: number, of: number): number {
  return of <= 0 ? 1 : Math.min(1, done / of);
}
