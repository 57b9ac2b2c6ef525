import {describeDecoded, type DecodedLine, type DecodedRecord, type DescribedRecord} from '@weir/pipeline';

/**
 * Records held at a time: all that come behind the first part of a call wait until its other parts can no longer be near.
 * Parts that are further apart are shown as calls of their own, as the worker does beyond `join.mergeWait`.
 */
export const heldRecordsMax = 100_000;

/** One record and where it stands. */
interface Placed {
  readonly line: number;
  readonly index: number;
  readonly record: DecodedRecord;
}

/** A place in the output: what is known, or a call whose parts are still being collected. */
type Slot =
  | {readonly kind: 'ready'; readonly described: DescribedRecord}
  | {readonly kind: 'call'; readonly key: string; readonly parts: Placed[]};

/**
 * What `describeDecoded` says of all lines of a file, as far as it is certain, line by line. A call waits at its first part's
 * place, and what comes behind it waits with it; without calls in parts nothing is held.
 */
export class DescribedStream {
  #slots: Slot[] = [];
  /** The first slot that has not been given out. */
  #head = 0;
  #held = 0;
  readonly #calls = new Map<string, Placed[]>();
  /** The first event that told a set of counts, by their producer's own id; the oldest is forgotten first. */
  readonly #tellers = new Map<string, Placed>();

  readonly #heldMax: number;

  constructor(heldMax = heldRecordsMax) {
    this.#heldMax = heldMax;
  }

  /** What this line makes certain, in the order of the input. */
  add({line, records}: DecodedLine): DescribedRecord[] {
    for (const [index, record] of records.entries()) this.#place({line, index, record});
    const certain = this.#takeReady();
    while (this.#held > this.#heldMax) certain.push(...this.#closeFirst(), ...this.#takeReady());
    return certain;
  }

  /** What is left when the input has ended. */
  end(): DescribedRecord[] {
    const rest: DescribedRecord[] = [];
    while (this.#head < this.#slots.length) rest.push(...this.#takeReady(), ...this.#closeFirst());
    return rest;
  }

  #place(placed: Placed): void {
    this.#held += 1;
    const {record} = placed;
    if (record.kind !== 'event' || record.part === undefined) {
      this.#slots.push({kind: 'ready', described: this.#describe(placed)});
      return;
    }
    const {key} = record.part;
    const parts = this.#calls.get(key);
    if (parts !== undefined) {
      parts.push(placed);
      return;
    }
    const call: Slot = {kind: 'call', key, parts: [placed]};
    this.#calls.set(key, call.parts);
    this.#slots.push(call);
  }

  #describe(placed: Placed): DescribedRecord {
    const {record} = placed;
    if (record.kind !== 'event' || record.tokensOf === undefined) return describeTogether([placed], placed);
    const first = this.#tellers.get(record.tokensOf);
    if (first !== undefined) return describeTogether([first, placed], placed);
    this.#tellers.set(record.tokensOf, placed);
    const [oldest] = this.#tellers.keys();
    if (this.#tellers.size > this.#heldMax && oldest !== undefined) this.#tellers.delete(oldest);
    return describeTogether([placed], placed);
  }

  #takeReady(): DescribedRecord[] {
    const ready: DescribedRecord[] = [];
    for (let slot = this.#slots[this.#head]; slot?.kind === 'ready'; slot = this.#slots[this.#head]) {
      ready.push(slot.described);
      this.#advance(1);
    }
    return ready;
  }

  #closeFirst(): DescribedRecord[] {
    const slot = this.#slots[this.#head];
    if (slot?.kind !== 'call') return [];
    this.#calls.delete(slot.key);
    this.#advance(slot.parts.length);
    return [describeTogether(slot.parts, slot.parts[0]!)];
  }

  #advance(records: number): void {
    this.#held -= records;
    this.#head += 1;
    // Moving the rest costs as much as what was given out since the last time.
    if (this.#head * 2 < this.#slots.length) return;
    this.#slots = this.#slots.slice(this.#head);
    this.#head = 0;
  }
}

/** The last of what these records become together, at the place of one of them. */
function describeTogether(records: readonly Placed[], {line, index}: Placed): DescribedRecord {
  const lines = records.map(({line, record}): DecodedLine => ({line, records: [record]}));
  return {...describeDecoded(lines).at(-1)!, line, index};
}
