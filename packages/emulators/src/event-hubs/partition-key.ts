/**
 * The partition of a key: the lookup3 hash of its UTF-8 bytes, both halves mixed into 16 signed bits, modulo the number
 * of partitions. The service and the SDK's buffered producer compute the same, so a key meets itself in one partition
 * whichever of them routes it. Hash: Bob Jenkins, http://burtleburtle.net/bob/c/lookup3.c (public domain).
 */
export function partitionOfKey(key: string, partitionCount: number): number {
  const {b, c} = lookup3(Buffer.from(key, 'utf8'));
  const sixteenBits = ((b ^ c) << 16) >> 16;
  return Math.abs(sixteenBits % partitionCount);
}

const SEED = 0xdeadbeef;
const BLOCK_BYTES = 12;
/** Rotations of the mixing rounds and of the last ones, as lookup3 gives them. */
const MIX_ROTATIONS = [4, 6, 8, 16, 19, 4] as const;
const FINAL_ROTATIONS = [14, 11, 25, 16, 4, 14, 24] as const;

function lookup3(bytes: Buffer): {b: number; c: number} {
  // One state of three words; each round works on the next word in turn.
  const state = new Uint32Array(3).fill(SEED + bytes.length);
  let at = 0;
  for (; bytes.length - at > BLOCK_BYTES; at += BLOCK_BYTES) {
    add(state, bytes.subarray(at, at + BLOCK_BYTES));
    for (const [round, rotation] of MIX_ROTATIONS.entries()) {
      const x = round % 3;
      const y = (x + 1) % 3;
      const z = (x + 2) % 3;
      // x -= z; x ^= z rotated; z += y
      state[x] = (word(state, x) - word(state, z)) ^ rotated(word(state, z), rotation);
      state[z] = word(state, z) + word(state, y);
    }
  }
  if (at < bytes.length) {
    add(state, bytes.subarray(at));
    for (const [round, rotation] of FINAL_ROTATIONS.entries()) {
      const x = (round + 2) % 3;
      const y = (x + 2) % 3;
      // x ^= y; x -= y rotated
      state[x] = (word(state, x) ^ word(state, y)) - rotated(word(state, y), rotation);
    }
  }
  return {b: word(state, 1), c: word(state, 2)};
}

/** Up to twelve bytes, little endian, four to a word. */
function add(state: Uint32Array, bytes: Buffer): void {
  for (const [index, byte] of bytes.entries()) {
    const at = index >> 2;
    state[at] = word(state, at) + byte * 2 ** (8 * (index & 3));
  }
}

function word(state: Uint32Array, at: number): number {
  return state[at] ?? 0;
}

function rotated(value: number, bits: number): number {
  return ((value << bits) | (value >>> (32 - bits))) >>> 0;
}
