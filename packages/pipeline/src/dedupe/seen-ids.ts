import {release} from '../flat-array.ts';
import {slotHash, type IdHash} from './id-hash.ts';

const initialSlots = 1_024;
/** Beyond this share of used slots probing gets long; the table is then rebuilt without what has expired. */
const loadMax = 0.6;
/** What goes at the bound: enough that the next rebuild is far away. */
const evictedShare = 1 / 4;
const nearlyFull = 0.9;
const empty = -Infinity;

/**
 * The ids sighted within a horizon of time, as 128-bit hashes in flat arrays: 24 bytes a slot, no objects for the
 * collector to walk. Each sighting renews an id. An id enters at its first sighting and leaves when the horizon has
 * passed, or as one of the oldest when the table holds `idsMax`.
 */
export class SeenIds {
  readonly #horizonMs: number;
  readonly #idsMax: number;
  #slots = initialSlots;
  #hashes = new Int32Array(initialSlots * 4);
  #sightedMs = new Float64Array(initialSlots).fill(empty);
  #used = 0;
  #evicted = 0;
  #latestMs = empty;

  constructor({horizonMs, idsMax}: {horizonMs: number; idsMax: number}) {
    this.#horizonMs = horizonMs;
    this.#idsMax = idsMax;
  }

  /** Ids held, those included whose horizon has passed but which no rebuild has dropped yet. */
  get size(): number {
    return this.#used;
  }

  /** Ids dropped before their horizon had passed, because the table was full. */
  get evicted(): number {
    return this.#evicted;
  }

  /**
   * Remembers a sighting.
   * @param part the part of the call that the event tells; 0 is all of it
   * @param timeMs enqueued time, which does not run backwards within a partition
   * @returns whether the id was not sighted within the horizon before
   */
  sight({a, b, c, d: word}: IdHash, part: number, timeMs: number): boolean {
    if (timeMs > this.#latestMs) this.#latestMs = timeMs;
    const d = word ^ Math.imul(part, 0x9e3779b1);
    const slot = this.#find(a, b, c, d);
    const sightedMs = this.#sightedMs[slot]!;
    if (sightedMs !== empty) {
      if (timeMs > sightedMs) this.#sightedMs[slot] = timeMs;
      return timeMs - sightedMs > this.#horizonMs;
    }
    this.#put(slot, a, b, c, d, timeMs);
    if (this.#used > this.#slots * loadMax || this.#used > this.#idsMax) this.#rebuild();
    return true;
  }

  /** Whether the id was sighted within the horizon before. */
  has({a, b, c, d}: IdHash, timeMs: number): boolean {
    return timeMs - this.#sightedMs[this.#find(a, b, c, d)]! <= this.#horizonMs;
  }

  /** The slot that holds the hash, or the free one where it would go. The table never is full. */
  #find(a: number, b: number, c: number, d: number): number {
    const hashes = this.#hashes;
    const mask = this.#slots - 1;
    for (let slot = slotHash(a, d) & mask; ; slot = (slot + 1) & mask) {
      if (this.#sightedMs[slot] === empty) return slot;
      const at = slot * 4;
      if (hashes[at] === a && hashes[at + 1] === b && hashes[at + 2] === c && hashes[at + 3] === d)
        return slot;
    }
  }

  #put(slot: number, a: number, b: number, c: number, d: number, timeMs: number): void {
    const at = slot * 4;
    this.#hashes[at] = a;
    this.#hashes[at + 1] = b;
    this.#hashes[at + 2] = c;
    this.#hashes[at + 3] = d;
    this.#sightedMs[slot] = timeMs;
    this.#used++;
  }

  /** Drops what has expired, then the oldest if there are still too many, and sizes the table for what is left. */
  #rebuild(): void {
    const hashes = this.#hashes;
    const sightedMs = this.#sightedMs;
    let keepFromMs = this.#latestMs - this.#horizonMs;
    let count = countFrom(sightedMs, keepFromMs);
    // Just below the bound every few sightings would rebuild the table again.
    if (count > this.#idsMax * nearlyFull) {
      const kept = sightedMs.filter((timeMs) => timeMs >= keepFromMs).sort();
      const dropped = Math.ceil(kept.length * evictedShare);
      // Equal times go together: the bound holds, and no id is treated better than its neighbour.
      const lastDroppedMs = kept[dropped - 1]!;
      keepFromMs = nextAbove(lastDroppedMs);
      count = countFrom(kept, keepFromMs);
      this.#evicted += kept.length - count;
    }
    this.#slots = initialSlots;
    while (count > (this.#slots * loadMax) / 2) this.#slots *= 2;
    this.#hashes = new Int32Array(this.#slots * 4);
    this.#sightedMs = new Float64Array(this.#slots).fill(empty);
    this.#used = 0;
    const mask = this.#slots - 1;
    for (let from = 0; from < sightedMs.length; from++) {
      if (sightedMs[from]! < keepFromMs) continue;
      const [a, b, c, d] = [
        hashes[from * 4]!,
        hashes[from * 4 + 1]!,
        hashes[from * 4 + 2]!,
        hashes[from * 4 + 3]!,
      ];
      let slot = slotHash(a, d) & mask;
      while (this.#sightedMs[slot] !== empty) slot = (slot + 1) & mask;
      this.#put(slot, a, b, c, d, sightedMs[from]!);
    }
    release(hashes);
    release(sightedMs);
  }
}

/** A plain loop: the tables are large, and a callback per slot is what rebuilding would mostly cost. */
function countFrom(timesMs: Float64Array, fromMs: number): number {
  let count = 0;
  for (const timeMs of timesMs) if (timeMs >= fromMs) count++;
  return count;
}

/** Times are whole milliseconds. */
function nextAbove(timeMs: number): number {
  return timeMs + 1;
}
