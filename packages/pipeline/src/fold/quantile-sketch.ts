import {DDSketch} from '@datadog/sketches-js';
import assert from 'node:assert/strict';

/**
 * Below the promised 1 %, so that the rounding of logarithms cannot break the promise. Stored with the sketch:
 * sketches of another accuracy do not merge.
 */
const relativeAccuracy = 0.009;
const accuracyPer100k = Math.round(relativeAccuracy * 100_000);
const formatByte = 1;

/** Bins of 0.9 % reach from 1 ms to 10^13 ms within 1,700 keys; anything outside is a damaged string. */
const keyMax = 2_000;
const valueMax = 1e13;

/** The stored sketch cannot be read, so nothing may be merged into it. */
export class SketchFormatError extends Error {
  readonly code = 'SKETCH_FORMAT';
}

/**
 * Quantiles that merge: adding two sketches gives the sketch of all values, in any order. Holds integer counts of
 * logarithmic bins (a DDSketch) and no float sums, so equal inputs give equal strings.
 */
export class QuantileSketch {
  #sketch = new DDSketch({relativeAccuracy});

  /** @param value whole, 0 to 10^13 */
  add(value: number): void {
    assert(value >= 0 && value <= valueMax, 'what cannot be read back must not be written');
    this.#sketch.accept(value);
  }

  get count(): number {
    return this.#sketch.count;
  }

  /** The value at rank ⌊q·(n-1)⌋ of the sorted values, from 0, within 1 %; 0 over nothing. */
  quantile(q: number, {min, max}: {min: number; max: number}): number {
    const {count, zeroCount, store, mapping} = this.#sketch;
    if (count === 0) return 0;
    const rank = Math.floor(q * (count - 1));
    const value = rank < zeroCount ? 0 : mapping.value(store.keyAtRank(rank - zeroCount));
    return Math.min(max, Math.max(min, value));
  }

  merge(other: QuantileSketch): void {
    if (other.count > 0) this.#sketch.merge(other.#sketch);
  }

  /** Base64 of: format, accuracy, count of zeros, number of bins, then (gap to the bin before, count) for each. Empty for an empty sketch. */
  encode(): string {
    const {count, zeroCount, store} = this.#sketch;
    if (count === 0) return '';
    const numbers: number[] = [];
    let previousKey = -keyMax;
    let bins = 0;
    for (let key = store.minKey; key <= store.maxKey; key++) {
      const weight = store.bins[key - store.offset] ?? 0;
      if (weight === 0) continue;
      numbers.push(key - previousKey, weight);
      previousKey = key;
      bins++;
    }
    const bytes: number[] = [formatByte];
    for (const n of [accuracyPer100k, zeroCount, bins, ...numbers]) pushVarint(bytes, n);
    return Buffer.from(bytes).toString('base64');
  }

  /** @throws {SketchFormatError} for anything that {@link encode} did not write */
  static decode(text: string): QuantileSketch {
    const result = new QuantileSketch();
    if (text === '') return result;
    const bytes = Buffer.from(text, 'base64');
    if (bytes[0] !== formatByte)
      throw new SketchFormatError(`The sketch has format ${bytes[0]}; this version reads ${formatByte}.`);
    const read = varintReader(bytes, 1);
    if (read() !== accuracyPer100k) throw new SketchFormatError('The sketch was made with another accuracy.');
    const sketch = result.#sketch;
    const zeros = read();
    if (zeros > 0) sketch.accept(0, zeros);
    let key = -keyMax;
    for (let bins = read(); bins > 0; bins--) {
      key += read();
      const weight = read();
      if (key > keyMax || weight === 0) throw new SketchFormatError('The sketch names a bin that cannot be.');
      sketch.store.add(key, weight);
      sketch.count += weight;
    }
    return result;
  }
}

/** LEB128 by division: counts may pass 2^31. */
function pushVarint(bytes: number[], value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'varints hold whole numbers');
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
}

function varintReader(bytes: Uint8Array, start: number): () => number {
  let at = start;
  return () => {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 0x80) {
      const byte = bytes[at++];
      if (byte === undefined) throw new SketchFormatError('The sketch is cut short.');
      value += (byte % 0x80) * factor;
      if (byte < 0x80) return value;
    }
    throw new SketchFormatError('The sketch holds a number that is too large.');
  };
}
