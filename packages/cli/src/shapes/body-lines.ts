import {isUtf8} from 'node:buffer';
import {eventOfLine} from '../sources/file-events.ts';

/**
 * Bytes of one line. A body of 1 MiB, which is what Event Hubs takes, is up to 6 MiB as an escaped text; what is longer than
 * this was never one.
 */
export const lineBytesMax = 16 * 1024 * 1024;

/** A line of a file of bodies, counted from 1. Blank lines are counted, and are no bodies. */
export interface BodyLine {
  readonly line: number;
  readonly body: Uint8Array | 'too long';
}

/** A file that is certainly something else than lines of UTF-8. */
export class NotBodyLinesError extends Error {
  readonly code = 'NOT_BODY_LINES';
}

const lineBreak = 0x0a;
const carriageReturn = 0x0d;

/**
 * The bodies of a file, one at a time: no more than one line of it is in memory, and of a line that is too long nothing.
 * Throws `NotBodyLinesError` at the first bytes.
 */
export async function* bodyLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<BodyLine> {
  let line = 1;
  let pieces: Uint8Array[] = [];
  let length = 0;
  let isFirst = true;
  const take = (): BodyLine | undefined => {
    const body: BodyLine['body'] | undefined =
      length > lineBytesMax ? 'too long' : bodyOf(Buffer.concat(pieces), line);
    const found = body === undefined ? undefined : {line, body};
    line += 1;
    pieces = [];
    length = 0;
    return found;
  };
  for await (const chunk of chunks) {
    if (isFirst) refuseOtherFiles(chunk);
    isFirst = false;
    let start = 0;
    while (start < chunk.length) {
      const end = chunk.indexOf(lineBreak, start);
      const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
      length += piece.length;
      if (length <= lineBytesMax) pieces.push(piece);
      else pieces = [];
      if (end === -1) break;
      const found = take();
      if (found !== undefined) yield found;
      start = end + 1;
    }
  }
  const last = take();
  if (last !== undefined) yield last;
}

/** Undefined for a blank line. Bytes that are no UTF-8 are a body as they are. */
function bodyOf(bytes: Buffer, line: number): Uint8Array | undefined {
  const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
  const content = bytes.subarray(0, end);
  if (!isUtf8(content)) return content;
  const text = content.toString('utf8');
  if (text.trim() === '') return undefined;
  // The mark at the file's start is the file's, not its first body's.
  const own = line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
  return eventOfLine(own, {line, bareEnqueuedMs: 0}).body;
}

function refuseOtherFiles(start: Uint8Array): void {
  const [first, second] = start;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isUtf16) throw new NotBodyLinesError('is UTF-16; save it as UTF-8');
  if (first === 0x1f && second === 0x8b) throw new NotBodyLinesError('is gzip; unpack it first');
}
