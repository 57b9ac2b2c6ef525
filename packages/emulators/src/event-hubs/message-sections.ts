/**
 * Reads an encoded AMQP 1.0 message as far as a broker must: where each section begins and ends, and the few values it
 * acts on. Everything else stays the bytes that the publisher sent, so the kind and the types of a body survive exactly.
 * http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-types-v1.0-os.html
 */

/** Descriptors of the sections, AMQP 1.0 part 3.2. */
export const SECTION = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;

export interface MessageSection {
  /** One of SECTION. */
  readonly code: number;
  /** First byte of the described value, and of the value inside. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/** The bytes are no AMQP message; the delivery is rejected. */
export class MalformedMessageError extends Error {
  readonly code = 'MALFORMED_MESSAGE';
}

/** A described value may be described again; nobody does it more often than this. */
const DESCRIPTIONS_MAX = 4;

/** The sections of a message in their order. Throws MalformedMessageError. */
export function messageSections(message: Buffer): MessageSection[] {
  const sections: MessageSection[] = [];
  for (let at = 0; at < message.length;) {
    const code = descriptorAt(message, at);
    const valueStart = valueEnd(message, at + 1);
    const end = valueEnd(message, valueStart);
    sections.push({code, start: at, valueStart, end});
    at = end;
  }
  return sections;
}

function descriptorAt(bytes: Buffer, at: number): number {
  if (bytes[at] !== 0x00) throw new MalformedMessageError('A message consists of described sections.');
  const constructor = bytes[at + 1];
  const code =
    constructor === 0x53
      ? bytes[at + 2]
      : constructor === 0x80 && at + 10 <= bytes.length
        ? Number(bytes.readBigUInt64BE(at + 2))
        : undefined;
  if (code === undefined || code < SECTION.header || code > SECTION.footer) {
    throw new MalformedMessageError('A section has an unknown descriptor.');
  }
  return code;
}

/** The end of the encoded value that begins at `at`, its constructor included. */
function valueEnd(bytes: Buffer, at: number, descriptions = 0): number {
  const constructor = bytes[at];
  if (constructor === undefined) throw new MalformedMessageError('A value is cut off.');
  if (constructor === 0x00) {
    if (descriptions === DESCRIPTIONS_MAX) throw new MalformedMessageError('A value is described too often.');
    return valueEnd(bytes, valueEnd(bytes, at + 1, descriptions + 1), descriptions + 1);
  }
  const end = at + 1 + widthAt(bytes, constructor, at + 1);
  if (end > bytes.length) throw new MalformedMessageError('A value is cut off.');
  return end;
}

/** The high half byte of a constructor says how its width is encoded (part 1.2). */
function widthAt(bytes: Buffer, constructor: number, at: number): number {
  switch (constructor >>> 4) {
    case 0x4:
      return 0;
    case 0x5:
      return 1;
    case 0x6:
      return 2;
    case 0x7:
      return 4;
    case 0x8:
      return 8;
    case 0x9:
      return 16;
    case 0xa:
    case 0xc:
    case 0xe:
      if (at + 1 > bytes.length) throw new MalformedMessageError('A size is cut off.');
      return 1 + bytes.readUInt8(at);
    case 0xb:
    case 0xd:
    case 0xf:
      if (at + 4 > bytes.length) throw new MalformedMessageError('A size is cut off.');
      return 4 + bytes.readUInt32BE(at);
    default:
      throw new MalformedMessageError('A value has an unknown constructor.');
  }
}

/** The bytes of a binary, string or symbol, without a copy; undefined for any other type. */
export function variableWidthAt(bytes: Buffer, at: number): Buffer | undefined {
  const constructor = bytes[at] ?? 0;
  const end = valueEnd(bytes, at);
  if (constructor >>> 4 === 0xa) return bytes.subarray(at + 2, end);
  if (constructor >>> 4 === 0xb) return bytes.subarray(at + 5, end);
  return undefined;
}

export interface EncodedPair {
  readonly key: string;
  /** Key and value as they are encoded. */
  readonly bytes: Buffer;
  /** Where the value begins in the buffer that was read. */
  readonly valueStart: number;
}

/** The pairs of an encoded map whose keys are symbols or strings. Throws MalformedMessageError. */
export function mapPairsAt(bytes: Buffer, at: number): EncodedPair[] {
  const end = valueEnd(bytes, at);
  const constructor = bytes[at];
  if (constructor !== 0xc1 && constructor !== 0xd1) throw new MalformedMessageError('Annotations are a map.');
  const pairs: EncodedPair[] = [];
  // Past constructor, size and count; the pairs fill the rest.
  for (let keyStart = at + (constructor === 0xc1 ? 3 : 9); keyStart < end;) {
    const key = variableWidthAt(bytes, keyStart)?.toString();
    const valueStart = valueEnd(bytes, keyStart);
    const pairEnd = valueEnd(bytes, valueStart);
    if (pairEnd > end) throw new MalformedMessageError('A map is shorter than its pairs.');
    if (key !== undefined) pairs.push({key, bytes: bytes.subarray(keyStart, pairEnd), valueStart});
    keyStart = pairEnd;
  }
  return pairs;
}
