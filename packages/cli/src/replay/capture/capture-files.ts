import type {Dir} from 'node:fs';
import {opendir} from 'node:fs/promises';
import {join, sep} from 'node:path';
import type {ReceivedEvent} from '@weir/pipeline';
import {ConfigurationError} from '@weir/worker';
import {ReplayError} from '../replay-error.ts';
import type {TimeRange} from '../replay-plan.ts';
import type {CapturePath} from './capture-path.ts';
import {readCapture} from './read-capture.ts';

/** A file that is to be read. */
export interface CaptureFile {
  readonly path: string;
  readonly partition: string;
}

/** A hub of 32 partitions makes them in eleven days at five minutes each. */
export const captureFilesMax = 100_000;
/** A file may have been begun this long before its events are written, or after: its name alone is no proof. */
const nameSlackMs = 86_400_000;

/**
 * The files of a folder that may hold events of the range, each partition's in the order of its sequence numbers. Opens
 * each one whose name does not rule it out.
 * @throws {ConfigurationError} for a folder without such files, or with those of several hubs; {ReplayError}
 */
export async function captureFiles(
  folder: string,
  {
    range,
    pathOf,
    format,
    signal,
  }: {
    range: TimeRange;
    pathOf: (path: string) => CapturePath | undefined;
    format: string;
    signal: AbortSignal;
  },
): Promise<readonly CaptureFile[]> {
  const named = await namedFiles(folder, {pathOf, format});
  const begun: {readonly path: string; readonly partition: string; readonly first: ReceivedEvent}[] = [];
  for (const {path, partition, begunMs} of named) {
    signal.throwIfAborted();
    if (begunMs !== undefined && !isNear(begunMs, range)) continue;
    const first = await firstEvent(path);
    if (first !== undefined) begun.push({path, partition, first});
  }
  const files: CaptureFile[] = [];
  for (const own of Map.groupBy(begun, ({partition}) => partition).values()) {
    own.sort((a, b) => a.first.sequenceNumber - b.first.sequenceNumber);
    for (const [place, {path, partition, first}] of own.entries()) {
      // What comes before the next file's first event was not enqueued after it.
      const endsMs = own[place + 1]?.first.enqueuedTimeMs ?? Infinity;
      if (first.enqueuedTimeMs < range.untilMs && endsMs >= range.fromMs) files.push({path, partition});
    }
  }
  return files;
}

async function namedFiles(
  folder: string,
  {pathOf, format}: {pathOf: (path: string) => CapturePath | undefined; format: string},
): Promise<(CapturePath & {readonly path: string})[]> {
  const files: (CapturePath & {readonly path: string})[] = [];
  for await (const entry of await folderOf(folder)) {
    if (!entry.isFile() || !entry.name.endsWith('.avro')) continue;
    const path = join(entry.parentPath, entry.name);
    const known = pathOf(path.split(sep).join('/'));
    if (known === undefined) {
      throw new ConfigurationError([
        `--source: ${path} is not named as ${format}. Say how the files are named with --capture-format.`,
      ]);
    }
    files.push({...known, path});
    if (files.length > captureFilesMax) {
      throw new ReplayError(`${folder} has more than ${captureFilesMax} files. Give a folder of fewer.`);
    }
  }
  const hubs = [...new Set(files.map(({hub}) => hub))].toSorted();
  if (hubs.length > 1) {
    throw new ConfigurationError([
      `--source: ${folder} holds the files of several hubs (${hubs.slice(0, 3).join(', ')}). Give the folder of one.`,
    ]);
  }
  if (files.length > 0) return files;
  throw new ConfigurationError([`--source: ${folder} holds no .avro files of Event Hubs Capture.`]);
}

async function folderOf(folder: string): Promise<Dir> {
  try {
    return await opendir(folder, {recursive: true});
  } catch (cause) {
    throw new ConfigurationError([`--source: ${folder} cannot be read. Give the path of a folder.`], {cause});
  }
}

function isNear(begunMs: number, {fromMs, untilMs}: TimeRange): boolean {
  return begunMs >= fromMs - nameSlackMs && begunMs < untilMs + nameSlackMs;
}

/** Undefined where nothing came while the file was written. */
async function firstEvent(path: string): Promise<ReceivedEvent | undefined> {
  for await (const [first] of readCapture(path, {batch: 1})) return first;
  return undefined;
}
