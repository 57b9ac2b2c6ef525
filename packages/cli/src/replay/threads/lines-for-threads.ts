import {ReplayError} from '../replay-error.ts';

/** Handed to a thread at a time. */
const chunkBytes = 1024 * 1024;
/** Event Hubs takes events of 1 MB (20 MB on its dedicated tier), and JSON in JSON may double them. */
const lineBytesMax = 64 * 1024 * 1024;
const newline = 10;

/** A part of a file, whole lines. */
export interface Chunk {
  readonly thread: number;
  readonly bytes: ArrayBuffer;
}

interface Collected {
  readonly bytes: Buffer<ArrayBuffer>;
  length: number;
}

/**
 * Cuts a file into its lines and collects those of each thread. A line enters with `write` and leaves with a chunk; no more
 * than a chunk a thread and one line are held.
 */
export class LinesForThreads {
  readonly #file: string;
  readonly #threadOf: (line: Buffer) => number;
  /** A line whose end has not come. */
  #rest: Buffer = Buffer.alloc(0);
  /** By thread; empty where nothing is collected. */
  readonly #chunks: (Collected | undefined)[] = [];

  constructor(file: string, threadOf: (line: Buffer) => number) {
    this.#file = file;
    this.#threadOf = threadOf;
  }

  /** @returns full chunks @throws {ReplayError} for a line that is too long */
  *write(part: Buffer): Generator<Chunk> {
    let from = 0;
    for (let end = part.indexOf(newline); end !== -1; end = part.indexOf(newline, from)) {
      const line = part.subarray(from, end);
      yield* this.#add(this.#rest.length === 0 ? line : Buffer.concat([this.#rest, line]));
      this.#rest = Buffer.alloc(0);
      from = end + 1;
    }
    if (from === part.length) return;
    this.#rest = Buffer.concat([this.#rest, part.subarray(from)]);
    if (this.#rest.length > lineBytesMax) {
      throw new ReplayError(`${this.#file} has a line of more than ${lineBytesMax / 2 ** 20} MiB.`);
    }
  }

  /** What is left at the end of the file. */
  *end(): Generator<Chunk> {
    yield* this.#add(this.#rest);
    this.#rest = Buffer.alloc(0);
    for (const thread of this.#chunks.keys()) yield* this.#take(thread);
  }

  *#add(line: Buffer): Generator<Chunk> {
    if (line.length === 0) return;
    const thread = this.#threadOf(line);
    const room = this.#chunks[thread];
    if (room !== undefined && room.length + line.length + 1 > room.bytes.length) yield* this.#take(thread);
    const chunk = (this.#chunks[thread] ??= emptyChunk(line.length + 1));
    chunk.length += line.copy(chunk.bytes, chunk.length);
    chunk.bytes[chunk.length++] = newline;
  }

  *#take(thread: number): Generator<Chunk> {
    const chunk = this.#chunks[thread];
    if (chunk === undefined) return;
    this.#chunks[thread] = undefined;
    yield {thread, bytes: chunk.bytes.buffer.transfer(chunk.length)};
  }
}

function emptyChunk(bytesMin: number): Collected {
  return {bytes: Buffer.from(new ArrayBuffer(Math.max(chunkBytes, bytesMin))), length: 0};
}
