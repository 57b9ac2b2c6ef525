import {betterRow, slotHash, type DiagnosticsRow, type IdHash} from '@weir/pipeline';
import {ReplayError} from '../replay-error.ts';
import type {RowsAtHand} from '../replay-join.ts';
import {copyRow, UnpackedRow, wordsEach, type PackedRows} from './row-words.ts';

/** What all threads read; nobody writes any more. */
export interface SharedRows {
  readonly blocks: readonly SharedArrayBuffer[];
  readonly index: SharedArrayBuffer;
  readonly texts: readonly string[];
}

const rowsPerBlock = 65_536;
/** 32 bytes a row, and 8 to 16 in the index: some 480 MB. */
export const rowsMax = 10_000_000;
/** Of models, versions and callers; their place has 30 bits. */
export const textsMax = 1_000_000;
const initialSlots = 1 << 16;
const loadMax = 0.5;

/**
 * Rows of diagnostics by the hash of their request id, in memory that threads share: 40 to 48 bytes a row and no objects
 * for the collector to walk. Of several rows for one id the best is kept, as of those of one answer.
 */
export class RowTable implements RowsAtHand {
  readonly #blocks: Int32Array[];
  readonly #texts: string[];
  readonly #places = new Map<string, number>();
  /** By the row's place; only while rows are added. */
  readonly #timesMs: Float64Array[] = [];
  /** Open addressing: a row's place + 1. */
  #index: Int32Array;
  #count = 0;
  readonly #found = new UnpackedRow();

  constructor(shared?: SharedRows) {
    this.#blocks = shared?.blocks.map((block) => new Int32Array(block)) ?? [];
    this.#texts = [...(shared?.texts ?? [])];
    this.#index = new Int32Array(shared?.index ?? new SharedArrayBuffer(initialSlots * 4));
  }

  /** Rows held, each of an id of its own. */
  get size(): number {
    return this.#count;
  }

  /** For other threads; nothing may be added afterwards. */
  get shared(): SharedRows {
    return {
      blocks: this.#blocks.map(({buffer}) => buffer as SharedArrayBuffer),
      index: this.#index.buffer as SharedArrayBuffer,
      texts: this.#texts,
    };
  }

  /** @throws {ReplayError} for more rows, or more different texts, than are held */
  add({words, timesMs, texts}: PackedRows): void {
    const places = texts.map((text) => this.#placeOf(text));
    const placeOf = (place: number): number => places[place]!;
    for (let row = 0; row < timesMs.length; row++) {
      const from = {words, at: row * wordsEach};
      const timeMs = timesMs[row]!;
      const slot = this.#slotOf(
        words[from.at]!,
        words[from.at + 1]!,
        words[from.at + 2]!,
        words[from.at + 3]!,
      );
      const present = this.#index[slot]! - 1;
      if (present >= 0 && !this.#isBetter(present, {...from, timeMs, texts})) continue;
      const place = present >= 0 ? present : this.#count;
      if (place === this.#count) this.#append(slot);
      copyRow(from, this.#at(place), placeOf);
      this.#timesMs[Math.floor(place / rowsPerBlock)]![place % rowsPerBlock] = timeMs;
    }
  }

  /** @returns an object that the next call uses again */
  find({a, b, c, d}: IdHash): DiagnosticsRow | undefined {
    const place = this.#index[this.#slotOf(a, b, c, d)]! - 1;
    if (place < 0) return undefined;
    const {words, at} = this.#at(place);
    return this.#found.read(words, at, this.#texts);
  }

  #isBetter(
    present: number,
    {words, at, timeMs, texts}: {words: Int32Array; at: number; timeMs: number; texts: readonly string[]},
  ): boolean {
    const held = this.#at(present);
    const old = new UnpackedRow().read(held.words, held.at, this.#texts);
    old.timeGeneratedMs = this.#timesMs[Math.floor(present / rowsPerBlock)]![present % rowsPerBlock]!;
    const other = new UnpackedRow().read(words, at, texts);
    other.timeGeneratedMs = timeMs;
    return betterRow(old, other) === other;
  }

  #append(slot: number): void {
    if (this.#count === rowsMax) {
      throw new ReplayError(
        `There are more than ${rowsMax.toLocaleString('en-US')} rows of diagnostics. Replay a shorter window: rows generated outside it are not kept.`,
      );
    }
    if (this.#count % rowsPerBlock === 0) {
      this.#blocks.push(new Int32Array(new SharedArrayBuffer(rowsPerBlock * wordsEach * 4)));
      this.#timesMs.push(new Float64Array(rowsPerBlock));
    }
    this.#count += 1;
    this.#index[slot] = this.#count;
  }

  #at(place: number): {words: Int32Array; at: number} {
    return {words: this.#blocks[Math.floor(place / rowsPerBlock)]!, at: (place % rowsPerBlock) * wordsEach};
  }

  /** The slot that names the row of the hash, or the free one where it would go. */
  #slotOf(a: number, b: number, c: number, d: number): number {
    if (this.#count > this.#index.length * loadMax) this.#grow();
    const index = this.#index;
    const mask = index.length - 1;
    for (let slot = slotHash(a, d) & mask; ; slot = (slot + 1) & mask) {
      const place = index[slot]! - 1;
      if (place < 0) return slot;
      const {words, at} = this.#at(place);
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot;
    }
  }

  #grow(): void {
    const slots = this.#index.length * 2;
    const index = new Int32Array(new SharedArrayBuffer(slots * 4));
    for (let place = 0; place < this.#count; place++) {
      const {words, at} = this.#at(place);
      let slot = slotHash(words[at]!, words[at + 3]!) & (slots - 1);
      while (index[slot] !== 0) slot = (slot + 1) & (slots - 1);
      index[slot] = place + 1;
    }
    this.#index = index;
  }

  #placeOf(text: string): number {
    let place = this.#places.get(text);
    if (place !== undefined) return place;
    if (this.#texts.length === textsMax) {
      throw new ReplayError(
        `The diagnostics name more than ${textsMax.toLocaleString('en-US')} different models and callers. Replay a shorter window.`,
      );
    }
    place = this.#texts.push(text) - 1;
    this.#places.set(text, place);
    return place;
  }
}
