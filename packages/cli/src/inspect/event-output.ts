import {open, type FileHandle} from 'node:fs/promises';
import {dirname, extname} from 'node:path';
import type {Writable} from 'node:stream';
import {ConfigurationError} from '@weir/worker';

export type OutputFormat = 'array' | 'lines';

/** Where to, and how. */
export interface OutputTarget {
  /** `-` is standard output. */
  readonly path: string;
  readonly format: OutputFormat;
}

/** The output cannot be written any further. */
export class OutputError extends Error {
  readonly code = 'OUTPUT';
}

/** Texts of JSON, one a line or as an array; what was written is valid JSON after every write. */
export interface EventOutput {
  /** Resolves when the texts are handed on, so that a slow disk slows the reading. @throws {OutputError} */
  write(texts: readonly string[]): Promise<void>;
  /** Fires when nobody reads any more, as behind `| head`. */
  readonly closed: AbortSignal;
  close(): Promise<void>;
}

const formats: Readonly<Record<string, OutputFormat>> = {
  '.json': 'array',
  '.ndjson': 'lines',
  '.jsonl': 'lines',
};

/** By the file's extension; standard output is lines unless an array is asked for. @throws {ConfigurationError} */
export function outputTarget(path: string, {wanted}: {wanted: OutputFormat | undefined}): OutputTarget {
  if (path === '-') return {path, format: wanted ?? 'lines'};
  const format = formats[extname(path).toLowerCase()] ?? wanted;
  if (format !== undefined) return {path, format};
  throw new ConfigurationError([
    `--out: the name of ${path} does not end in .json (an array) or .ndjson (one object a line), for example events.ndjson.`,
  ]);
}

/** @throws {ConfigurationError} for a file that cannot be made */
export async function openOutput({path, format}: OutputTarget): Promise<EventOutput> {
  if (path === '-') return new StreamOutput(process.stdout, format);
  try {
    // Events are for their reader alone: prompts may be among them.
    const file = await open(path, 'w', 0o600);
    // A pipe or a device has no places to write to.
    if (!(await file.stat()).isFile()) return new StreamOutput(file.createWriteStream(), format);
    return await FileOutput.begin(file, format);
  } catch (cause) {
    throw outRefused(path, cause);
  }
}

/** For a file of --out that cannot be made. */
export function outRefused(path: string, cause: unknown): ConfigurationError {
  const code = codeOf(cause);
  const why = code === 'ENOENT' ? `there is no folder ${dirname(path)}` : code;
  return new ConfigurationError([`--out: ${path} cannot be written (${why}).`], {cause});
}

/**
 * A file whose end is written again with each batch, and then overwritten by the next: an array is closed at any time,
 * also when the process is killed between two writes.
 */
class FileOutput implements EventOutput {
  readonly closed = new AbortController().signal;
  readonly #file: FileHandle;
  readonly #frame: Frame;
  #position = 0;

  static async begin(file: FileHandle, format: OutputFormat): Promise<FileOutput> {
    const output = new FileOutput(file, format);
    await output.#append(output.#frame.begin);
    return output;
  }

  private constructor(file: FileHandle, format: OutputFormat) {
    this.#file = file;
    this.#frame = new Frame(format);
  }

  async write(texts: readonly string[]): Promise<void> {
    if (texts.length > 0) await this.#append(this.#frame.join(texts));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #append(text: string): Promise<void> {
    const bytes = Buffer.from(text + this.#frame.end);
    const from = this.#position;
    this.#position += bytes.length - this.#frame.end.length;
    try {
      for (let done = 0; done < bytes.length;) {
        done += (await this.#file.write(bytes, done, bytes.length - done, from + done)).bytesWritten;
      }
    } catch (cause) {
      throw new OutputError(`The output cannot be written (${codeOf(cause)}).`, {cause});
    }
  }
}

/** Standard output, a pipe or a device: the array is closed at the end. */
class StreamOutput implements EventOutput {
  readonly #closed = new AbortController();
  readonly #stream: Writable;
  readonly #frame: Frame;
  #hasBegun = false;
  #failure: Error | undefined;

  constructor(stream: Writable, format: OutputFormat) {
    this.#stream = stream;
    this.#frame = new Frame(format);
    // Told to each write as well; without a listener the process would end.
    stream.on('error', (error) => this.#fail(error));
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  async write(texts: readonly string[]): Promise<void> {
    if (texts.length > 0) await this.#append(this.#frame.join(texts));
  }

  async close(): Promise<void> {
    await this.#append(this.#frame.end);
    if (this.#stream !== process.stdout) await new Promise<void>((resolve) => this.#stream.end(resolve));
  }

  async #append(text: string): Promise<void> {
    const whole = this.#hasBegun ? text : this.#frame.begin + text;
    this.#hasBegun = true;
    if (this.#closed.signal.aborted || whole === '') return;
    await new Promise<void>((resolve) => {
      this.#stream.write(whole, (error) => {
        if (error) this.#fail(error);
        resolve();
      });
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(error: Error): void {
    if (codeOf(error) !== 'EPIPE') {
      this.#failure ??= new OutputError(`The output cannot be written (${codeOf(error)}).`, {cause: error});
    }
    this.#closed.abort();
  }
}

/** What is around and between the texts. */
class Frame {
  readonly begin: string;
  readonly end: string;
  #separator: string;
  readonly #format: OutputFormat;

  constructor(format: OutputFormat) {
    this.#format = format;
    this.begin = format === 'array' ? '[' : '';
    this.end = format === 'array' ? '\n]\n' : '';
    this.#separator = format === 'array' ? '\n' : '';
  }

  join(texts: readonly string[]): string {
    if (this.#format === 'lines') return `${texts.join('\n')}\n`;
    const text = this.#separator + texts.join(',\n');
    this.#separator = ',\n';
    return text;
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error';
}
