/** Writes annotation sections: maps with symbols as keys, AMQP 1.0 part 3.2.2 and 3.2.3. */

/** One annotation, encoded. */
export function longAnnotation(key: string, value: number): Buffer {
  return withKey(key, eightBytes(0x81, value));
}

export function timestampAnnotation(key: string, timeMs: number): Buffer {
  return withKey(key, eightBytes(0x83, timeMs));
}

export function textAnnotation(key: string, text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length < 256) return withKey(key, Buffer.concat([Buffer.of(0xa1, bytes.length), bytes]));
  const head = Buffer.alloc(5);
  head.writeUInt8(0xb1, 0);
  head.writeUInt32BE(bytes.length, 1);
  return withKey(key, Buffer.concat([head, bytes]));
}

/** The section of encoded annotations; `code` is SECTION.messageAnnotations or SECTION.deliveryAnnotations. */
export function annotationSection(code: number, pairs: readonly Buffer[]): Buffer {
  const pairBytes = pairs.reduce((sum, pair) => sum + pair.length, 0);
  const section = Buffer.allocUnsafe(SECTION_HEAD_BYTES + pairBytes);
  section.set([0x00, 0x53, code, 0xd1]);
  // The size counts what follows it: the count and the pairs.
  section.writeUInt32BE(4 + pairBytes, 4);
  section.writeUInt32BE(2 * pairs.length, 8);
  let at = SECTION_HEAD_BYTES;
  for (const pair of pairs) {
    section.set(pair, at);
    at += pair.length;
  }
  return section;
}

/** Descriptor 3, constructor 1, size 4, count 4. */
const SECTION_HEAD_BYTES = 12;

function eightBytes(constructor: number, value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(constructor, 0);
  bytes.writeBigInt64BE(BigInt(value), 1);
  return bytes;
}

function withKey(key: string, value: Buffer): Buffer {
  return Buffer.concat([encodedKey(key), value]);
}

/** Keys are ours: a handful of short ASCII names. */
const encodedKeys = new Map<string, Buffer>();

function encodedKey(key: string): Buffer {
  let encoded = encodedKeys.get(key);
  if (!encoded) {
    encoded = Buffer.concat([Buffer.of(0xa3, key.length), Buffer.from(key, 'ascii')]);
    encodedKeys.set(key, encoded);
  }
  return encoded;
}
