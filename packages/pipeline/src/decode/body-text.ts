import {isUtf8} from 'node:buffer';
import {gunzipSync} from 'node:zlib';

import type {DeadLetterReason} from './gateway-event.ts';

/** What bytes were found to be. */
export type BodyText =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** Of the unpacked bytes; undefined where the body came as text. */
      readonly byteLength: number | undefined;
      /** The last character was cut in the middle, so the text is torn whatever it looks like. */
      readonly cut: boolean;
    }
  | {readonly kind: 'unreadable'; readonly reason: DeadLetterReason};

/** Of a gzip body, unpacked. Event Hubs takes bodies up to 1 MiB; far more than four times that is a bomb. */
export const unpackedBytesMax = 4 * 1024 * 1024;

/** UTF-8 text, unpacked where the bytes begin like gzip, without its byte order mark. */
export function readBodyText(bytes: Uint8Array): BodyText {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const unpacked = unpack(bytes);
    return unpacked instanceof Uint8Array ? readUtf8(unpacked) : unpacked;
  }
  return readUtf8(bytes);
}

function unpack(bytes: Uint8Array): Uint8Array | BodyText {
  try {
    return gunzipSync(bytes, {maxOutputLength: unpackedBytesMax});
  } catch (error) {
    // Whatever the cause, this body stays as it is: the reason goes on as a dead letter.
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return {kind: 'unreadable', reason: isTooLarge ? 'too large' : 'bad gzip'};
  }
}

function readUtf8(bytes: Uint8Array): BodyText {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  // Only a text with replacement characters can have been invalid; the search costs nothing where all is ASCII.
  if (text.includes('\ufffd') && !isUtf8(buffer)) return readCutUtf8(buffer);
  return {kind: 'text', text: withoutByteOrderMark(text), byteLength: buffer.length, cut: false};
}

/** A gateway's size limit cuts bytes, not characters: up to three bytes of the last character may be left. */
function readCutUtf8(buffer: Buffer): BodyText {
  for (let left = 1; left <= 3 && left < buffer.length; left++) {
    const whole = buffer.subarray(0, buffer.length - left);
    // A byte below 0xc0 cannot have begun the character that was cut.
    if (buffer[whole.length]! < 0xc0 || !isUtf8(whole)) continue;
    return {
      kind: 'text',
      text: withoutByteOrderMark(whole.toString('utf8')),
      byteLength: buffer.length,
      cut: true,
    };
  }
  return {kind: 'unreadable', reason: 'not UTF-8'};
}

export function withoutByteOrderMark(text: string): string {
  return text.charCodeAt(0) === 0xfe_ff ? text.slice(1) : text;
}
