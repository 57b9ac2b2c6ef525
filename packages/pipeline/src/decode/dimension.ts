import type {MissingField, MissingFields} from './missing-fields.ts';

/** What stands for a dimension that an event does not have. */
export const unknownDimension = 'unknown';

/** In UTF-16 units; see DESIGN.md, "Details that are settled". */
const dimensionLengthMax = 128;
const regionLengthMax = 64;

/** Distinct raw texts remembered per cache. Real hubs have hundreds; a hostile one only makes the cache start over. */
const textsMax = 8_192;
/** A longer raw text is cleaned each time, which bounds a cache to a few MB. */
const cachedLengthMax = 256;

/**
 * Remembers what a raw text was cleaned to. The same few texts come with every event, so cleaning is skipped and
 * equal values share one string. It is only memory of a pure function, hence safe to share between decoders.
 */
class CleanTexts {
  readonly #clean: (raw: string) => string;
  readonly #texts = new Map<string, string>();

  constructor(clean: (raw: string) => string) {
    this.#clean = clean;
  }

  get size(): number {
    return this.#texts.size;
  }

  of(raw: string): string {
    const known = this.#texts.get(raw);
    if (known !== undefined) return known;
    if (raw.length > cachedLengthMax) return copyOf(this.#clean(raw));
    const text = this.#clean(raw);
    if (this.#texts.size >= textsMax) this.#texts.clear();
    this.#texts.set(raw, text);
    return text;
  }
}

/** A piece of a text keeps all of it in memory, and dimensions outlive their event. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

const dimensions = new CleanTexts(cleanDimension);
const regions = new CleanTexts(cleanRegion);

/** Cleaned text, or `unknown`. Anything but text is missing. */
export function readDimension(value: unknown, field: MissingField, missing: MissingFields): string {
  return dimensionOrEmpty(value, field, missing) || unknownDimension;
}

/** The first of two values that is a usable text, else `unknown`. */
export function readFirstDimension(
  values: {first: unknown; second: unknown},
  field: MissingField,
  missing: MissingFields,
): string {
  return dimensionOrEmpty(values.first, field, missing) || readDimension(values.second, field, missing);
}

function dimensionOrEmpty(value: unknown, field: MissingField, missing: MissingFields): string {
  if (typeof value === 'string') return dimensions.of(value);
  if (value !== undefined && value !== null) missing.add(field);
  return '';
}

/** `East US 2` and `EASTUS2` become `eastus2`. Absent and unusable ones are `unknown` and missing alike. */
export function readRegion(value: unknown, missing: MissingFields): string {
  const region = typeof value === 'string' ? regions.of(value) : '';
  if (region !== '') return region;
  missing.add('region');
  return unknownDimension;
}

/** The sizes of the two caches, for the test of their limit. */
export function cachedTexts(): {dimensions: number; regions: number; max: number} {
  return {dimensions: dimensions.size, regions: regions.size, max: textsMax};
}

// Control characters are what is looked for: they would break log lines and reports.
// oxlint-disable-next-line no-control-regex
const controlPattern = /[\u0000-\u001f\u007f-\u009f]+/g;

/** Trimmed, without control characters or halves of surrogate pairs, at most 128 UTF-16 units; may be empty. */
export function cleanDimension(raw: string): string {
  // A lone half has no UTF-8 form: hashing and storing it would disagree about the text.
  const text = raw.replace(controlPattern, '').trim().toWellFormed();
  if (text.length <= dimensionLengthMax) return text;
  const last = text.charCodeAt(dimensionLengthMax - 1);
  const splitsPair = last >= 0xd8_00 && last <= 0xdb_ff;
  // Trimmed again, so that cleaning a clean text changes nothing.
  return text.slice(0, splitsPair ? dimensionLengthMax - 1 : dimensionLengthMax).trimEnd();
}

const regionPattern = /^[0-9A-Za-z-]+$/;

/** Lower case without spaces; empty when other characters are in it or it is longer than 64. */
export function cleanRegion(raw: string): string {
  const text = raw.replace(/\s+/g, '');
  return text.length <= regionLengthMax && regionPattern.test(text) ? text.toLowerCase() : '';
}
