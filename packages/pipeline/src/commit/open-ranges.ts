/** One record: the event it came in, and its place among the records of that event's body. */
export interface RecordPlace {
  readonly sequenceNumber: number;
  readonly index: number;
}

/** One call that is open and is more than one record read as it stands. */
export interface OpenCall {
  /** Sequence number and index, in turn, of every record it is made of, in the order of reading. */
  readonly places: readonly number[];
  /** `both`: nothing is folded yet, another half may come. `resolved`: it counts in the arrival views and waits for diagnostics. */
  readonly owes: 'both' | 'resolved';
  /** Its token counts were told before, with another call. */
  readonly withoutTokens?: true;
}

/**
 * A set of records as the journal holds it. Nearly all are the only record of their event and follow one another, so
 * these are runs: gap to the end of the run before, length, and so on. The others are listed one by one.
 */
export interface OpenRanges {
  readonly runs: readonly number[];
  /** Sequence number and index, in turn, of records that are not the first of their event. */
  readonly others: readonly number[];
  /** Absent for none. */
  readonly calls?: readonly OpenCall[];
}

export const noneOpen: OpenRanges = {runs: [], others: []};

/** Codes records that come in ascending order of sequence number, within an event in any order; and calls in any order. */
export class OpenRangesWriter {
  readonly #runs: number[] = [];
  readonly #others: number[] = [];
  readonly #calls: OpenCall[] = [];
  #runEnd = 0;

  add(sequenceNumber: number, index: number): void {
    if (index > 0) {
      this.#others.push(sequenceNumber, index);
      return;
    }
    const gap = sequenceNumber - this.#runEnd;
    const last = this.#runs.length - 1;
    if (gap === 0 && last > 0) this.#runs[last]! += 1;
    else this.#runs.push(gap, 1);
    this.#runEnd = sequenceNumber + 1;
  }

  addCall(call: OpenCall): void {
    this.#calls.push(call);
  }

  ranges(): OpenRanges {
    const {length} = this.#calls;
    return {runs: this.#runs, others: this.#others, ...(length > 0 && {calls: this.#calls})};
  }
}

/**
 * The open records of a recovered journal that have not been read again yet, those of its calls apart. A record leaves
 * when its event is read; what is left when the re-read has passed the head is lost.
 */
export class UnreadOpen {
  readonly #first = new Set<number>();
  readonly #others = new Map<number, Set<number>>();
  #size = 0;

  constructor({runs, others}: OpenRanges) {
    let at = 0;
    for (let i = 0; i < runs.length; i += 2) {
      at += runs[i]!;
      for (let n = runs[i + 1]!; n > 0; n--) this.#first.add(at++);
    }
    for (let i = 0; i < others.length; i += 2) {
      const indexes = this.#others.get(others[i]!);
      if (indexes === undefined) this.#others.set(others[i]!, new Set([others[i + 1]!]));
      else indexes.add(others[i + 1]!);
    }
    this.#size = this.#first.size;
    for (const indexes of this.#others.values()) this.#size += indexes.size;
  }

  get size(): number {
    return this.#size;
  }

  has({sequenceNumber, index}: RecordPlace): boolean {
    return index === 0
      ? this.#first.has(sequenceNumber)
      : this.#others.get(sequenceNumber)?.has(index) === true;
  }

  /** @returns whether the record was open; it no longer is unread then */
  take({sequenceNumber, index}: RecordPlace): boolean {
    const indexes = this.#others.get(sequenceNumber);
    const taken = index === 0 ? this.#first.delete(sequenceNumber) : indexes?.delete(index) === true;
    if (taken) this.#size--;
    if (indexes?.size === 0) this.#others.delete(sequenceNumber);
    return taken;
  }

  /** In ascending order. */
  places(): RecordPlace[] {
    const places: RecordPlace[] = [...this.#first].map((sequenceNumber) => ({sequenceNumber, index: 0}));
    for (const [sequenceNumber, indexes] of this.#others) {
      for (const index of indexes) places.push({sequenceNumber, index});
    }
    return places.sort(byPlace);
  }

  clear(): void {
    this.#first.clear();
    this.#others.clear();
    this.#size = 0;
  }
}

export function placesOf({places}: OpenCall): RecordPlace[] {
  const found: RecordPlace[] = [];
  for (let i = 0; i < places.length; i += 2) found.push({sequenceNumber: places[i]!, index: places[i + 1]!});
  return found;
}

export function byPlace(a: RecordPlace, b: RecordPlace): number {
  return a.sequenceNumber - b.sequenceNumber || a.index - b.index;
}
