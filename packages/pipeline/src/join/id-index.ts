import {slotHash} from '../dedupe/id-hash.ts';
import {release} from '../flat-array.ts';

const initialPlaces = 1_024;
/** Beyond this share of used places probing gets long. */
const loadMax = 0.5;
const free = 0;

/** Where the index finds the four words of the hash of the id that a slot holds: `words[slot * stride]` and on. */
export interface SlotWords {
  readonly words: Int32Array;
  readonly stride: number;
}

/**
 * Finds slots by the hash of their id: an open-addressed table of slot numbers, 8 to 16 bytes an id, with nothing for the
 * collector to walk. The hashes themselves stay where the slots are.
 */
export class IdIndex {
  readonly #of: SlotWords;
  /** Slot + 1; 0 is free. */
  #places = new Int32Array(initialPlaces);
  #size = 0;

  constructor(of: SlotWords) {
    this.#of = of;
  }

  /** @returns the slot with this id; -1: none */
  find(a: number, b: number, c: number, d: number): number {
    return this.#places[this.#placeOf(a, b, c, d)]! - 1;
  }

  /** Lets the id of this slot lead to it, and no longer to another. */
  set(slot: number): void {
    const at = slot * this.#of.stride;
    const {words} = this.#of;
    const place = this.#placeOf(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    const isNew = this.#places[place] === free;
    this.#places[place] = slot + 1;
    if (!isNew) return;
    this.#size++;
    if (this.#size > this.#places.length * loadMax) this.#resize(this.#places.length * 2);
  }

  /** The id of this slot leads nowhere any more. */
  delete(slot: number): void {
    const at = slot * this.#of.stride;
    const {words} = this.#of;
    let hole = this.#placeOf(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    if (this.#places[hole] === free) return;
    this.#size--;
    const mask = this.#places.length - 1;
    // What stands behind and could stand in the hole moves there, or a search would end at the hole before it.
    for (let place = (hole + 1) & mask; this.#places[place] !== free; place = (place + 1) & mask) {
      const wanted = this.#wantedPlace(this.#places[place]! - 1);
      if (((place - wanted) & mask) < ((place - hole) & mask)) continue;
      this.#places[hole] = this.#places[place]!;
      hole = place;
    }
    this.#places[hole] = free;
    if (this.#places.length > initialPlaces && this.#size < (this.#places.length * loadMax) / 8)
      this.#resize(this.#places.length / 2);
  }

  #placeOf(a: number, b: number, c: number, d: number): number {
    const {words, stride} = this.#of;
    const places = this.#places;
    const mask = places.length - 1;
    for (let place = slotHash(a, d) & mask; ; place = (place + 1) & mask) {
      const slot = places[place]! - 1;
      if (slot < 0) return place;
      const at = slot * stride;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return place;
    }
  }

  #wantedPlace(slot: number): number {
    const at = slot * this.#of.stride;
    const {words} = this.#of;
    return slotHash(words[at]!, words[at + 3]!) & (this.#places.length - 1);
  }

  #resize(length: number): void {
    const before = this.#places;
    this.#places = new Int32Array(length);
    const mask = length - 1;
    for (const slotAbove of before) {
      if (slotAbove === free) continue;
      let place = this.#wantedPlace(slotAbove - 1);
      while (this.#places[place] !== free) place = (place + 1) & mask;
      this.#places[place] = slotAbove;
    }
    release(before);
  }
}
