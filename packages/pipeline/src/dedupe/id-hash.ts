import {createHash} from 'node:crypto';

/**
 * The 128 bits an id is known by, as signed 32-bit integers, which the engine holds without objects of their own.
 * One instance is reused for every id; read it before the next call of {@link hashId}.
 */
export interface IdHash {
  a: number;
  b: number;
  c: number;
  d: number;
  /** The bits are the id itself: {@link guidOf} gives it back. */
  isGuid: boolean;
}

const scratch: IdHash = {a: 0, b: 0, c: 0, d: 0, isGuid: false};
const guidLength = 36;

/**
 * Hashes a normalised id. A lower-case GUID is its own 128 bits; every other text is digested, so that the two kinds,
 * like any two texts, meet only by chance (2^-128).
 */
export function hashId(id: string): IdHash {
  scratch.isGuid = id.length === guidLength && hashGuid(id);
  if (!scratch.isGuid) {
    const digest = createHash('sha256').update(id).digest();
    scratch.a = digest.readInt32LE(0);
    scratch.b = digest.readInt32LE(4);
    scratch.c = digest.readInt32LE(8);
    scratch.d = digest.readInt32LE(12);
  }
  return scratch;
}

/** The GUID that hashes to these bits. */
export function guidOf({a, b, c, d}: Omit<IdHash, 'isGuid'>): string {
  const digits = [a, b, c, d].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-');
}

/** Where a table of hashes begins to look. Ids need not be random, so their words are stirred. */
export function slotHash(a: number, d: number): number {
  let x = a ^ Math.imul(d, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

function hashGuid(id: string): boolean {
  let word = 0;
  let digits = 0;
  for (let i = 0; i < guidLength; i++) {
    const code = id.charCodeAt(i);
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (code !== 45) return false;
      continue;
    }
    let digit: number;
    if (code >= 48 && code <= 57) digit = code - 48;
    else if (code >= 97 && code <= 102) digit = code - 87;
    else return false;
    word = (word << 4) | digit;
    digits++;
    if (digits === 8) scratch.a = word;
    else if (digits === 16) scratch.b = word;
    else if (digits === 24) scratch.c = word;
    else if (digits === 32) scratch.d = word;
  }
  return true;
}
