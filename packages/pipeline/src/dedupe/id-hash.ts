import {createHash} from 'node:crypto';

/** The 128 bits an id is remembered by. One instance is reused for every event; read it before the next call. */
export interface IdHash {
  a: number;
  b: number;
  c: number;
  d: number;
}

const scratch: IdHash = {a: 0, b: 0, c: 0, d: 0};
const guidLength = 36;

/**
 * Hashes a normalised id and the part of the call it stands for (0: a whole call). A GUID is its own 128 bits;
 * every other text is digested, with a mark that keeps the two kinds apart only by chance (2^-128).
 */
export function hashId(id: string, part: number): IdHash {
  if (id.length !== guidLength || !hashGuid(id)) {
    const digest = createHash('sha256').update(id).digest();
    scratch.a = digest.readUInt32LE(0);
    scratch.b = digest.readUInt32LE(4);
    scratch.c = digest.readUInt32LE(8);
    scratch.d = digest.readUInt32LE(12);
  }
  scratch.d = (scratch.d ^ Math.imul(part, 0x9e3779b1)) >>> 0;
  return scratch;
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
    if (digits === 8) scratch.a = word >>> 0;
    else if (digits === 16) scratch.b = word >>> 0;
    else if (digits === 24) scratch.c = word >>> 0;
    else if (digits === 32) scratch.d = word >>> 0;
  }
  return true;
}
