import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {ConfigurationError} from '@weir/worker';
import type {AskRows} from './asked-rows.ts';
import type {CaptureFile} from './capture/capture-files.ts';
import type {ReadProgress} from './read-progress.ts';
import type {ReplayedPart} from './replayer.ts';
import {RowTable} from './rows/row-table.ts';
import {LinesForThreads, type Chunk} from './threads/lines-for-threads.ts';
import type {ThreadStart} from './threads/messages.ts';
import {partitionOfLine} from './threads/partition-of-line.ts';
import {ReplayThreads} from './threads/replay-threads.ts';

/** More cores than this only wait for the one that cuts the file into lines. */
const threadsMax = 16;
const readBytes = 1024 * 1024;

export type FileSource =
  | {readonly kind: 'ndjson'; readonly path: string}
  | {readonly kind: 'capture'; readonly files: readonly CaptureFile[]};

export interface FileReplay {
  readonly source: FileSource;
  readonly rows: {readonly file: string} | 'asked' | 'none';
  readonly start: ThreadStart;
  readonly ask: AskRows;
  readonly progress: ReadProgress;
  /** Undefined: one for each core. */
  readonly threads?: number | undefined;
}

/**
 * Replays files, on all cores: each thread reads its own partitions.
 * @returns what was found; and whether events had no positions of their own
 * @throws {ConfigurationError} and {ReplayError}; the signal's reason
 */
export async function replayFiles(
  {source, rows, start, ask, progress, threads}: FileReplay,
  signal: AbortSignal,
): Promise<{part: ReplayedPart; areBare: boolean}> {
  let areBare = false;
  const count = threads ?? Math.min(threadsMax, availableParallelism());
  const onRead = (events: {readonly count: number; readonly areBare: boolean}): void => {
    areBare ||= events.areBare;
    progress.passed({events: events.count});
  };
  const running = new ReplayThreads({count, start, ask, onRead}, signal);
  try {
    const known = typeof rows === 'string' ? rows : (await readRows(running, rows.file, signal)).shared;
    for (let thread = 0; thread < running.count; thread++) {
      await running.give(thread, {kind: 'begin', rows: known});
    }
    if (source.kind === 'ndjson') await readLines(running, source.path, {progress, signal});
    else await readCaptures(running, source.files, {progress, signal});
    return {part: await running.end(), areBare};
  } finally {
    await running.close();
  }
}

async function readRows(running: ReplayThreads, path: string, signal: AbortSignal): Promise<RowTable> {
  const table = new RowTable();
  let next = 0;
  const lines = new LinesForThreads(path, () => next % running.count);
  for await (const {thread, bytes} of chunksOf(path, {option: '--diagnostics', lines, signal})) {
    await running.give(thread, {kind: 'rows', bytes}, (rows) => table.add(rows));
    next += 1;
  }
  await running.idle();
  return table;
}

async function readLines(
  running: ReplayThreads,
  path: string,
  {progress, signal}: {progress: ReadProgress; signal: AbortSignal},
): Promise<void> {
  const lines = new LinesForThreads(path, (line) => running.threadOf(partitionOfLine(line)));
  const onBytes = (done: number): void => progress.passed({done});
  for await (const {thread, bytes} of chunksOf(path, {option: '--source', lines, signal, onBytes})) {
    await running.give(thread, {kind: 'events', bytes});
  }
}

/** Each partition's files in their order, those of different partitions by turns, so that all threads have work. */
async function readCaptures(
  running: ReplayThreads,
  files: readonly CaptureFile[],
  {progress, signal}: {progress: ReadProgress; signal: AbortSignal},
): Promise<void> {
  const queues = [...Map.groupBy(files, ({partition}) => running.threadOf(partition))];
  let given = 0;
  await Promise.all(
    queues.map(async ([thread, own]) => {
      for (const file of own) {
        signal.throwIfAborted();
        await running.give(thread, {kind: 'capture', ...file});
        given += 1;
        progress.passed({done: given / (files.length + 1)});
      }
    }),
  );
}

/** A pipe has no size, so nothing is known of how far it is. */
async function* chunksOf(
  path: string,
  {
    option,
    lines,
    signal,
    onBytes = () => {},
  }: {option: string; lines: LinesForThreads; signal: AbortSignal; onBytes?: (done: number) => void},
): AsyncGenerator<Chunk> {
  let bytes = 0;
  try {
    const {size} = await stat(path);
    for await (const part of createReadStream(path, {highWaterMark: readBytes})) {
      signal.throwIfAborted();
      yield* lines.write(part as Buffer);
      bytes += (part as Buffer).length;
      if (size > 0) onBytes(Math.min(1, bytes / size));
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new ConfigurationError(
      [`${option}: ${path} cannot be read. Give the path of a file of JSON lines.`],
      {
        cause,
      },
    );
  }
  yield* lines.end();
}
