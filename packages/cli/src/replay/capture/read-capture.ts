import {createReadStream} from 'node:fs';
import {open} from 'node:fs/promises';
import {inflateRaw} from 'node:zlib';
import type {ReceivedEvent} from '@weir/pipeline';
import avro from 'avsc';
import {ReplayError} from '../replay-error.ts';
import {captureTimeMs} from './capture-time.ts';

/** Handed on together. */
const batchDefault = 500;
const readBytes = 1024 * 1024;
/** Of one block, unpacked; Capture writes blocks of a few megabytes, anything beyond this is damage or an attack. */
const blockBytesMax = 256 * 1024 * 1024;
const syncBytes = 16;

/** What is read of a record; its properties are passed over. https://learn.microsoft.com/azure/event-hubs/explore-captured-avro-files */
const readerSchema = {
  type: 'record',
  name: 'EventData',
  namespace: 'Microsoft.ServiceBus.Messaging',
  fields: [
    {name: 'SequenceNumber', type: 'long'},
    {name: 'Offset', type: 'string'},
    {name: 'EnqueuedTimeUtc', type: 'string'},
    {name: 'Body', type: ['null', 'bytes']},
  ],
};

interface CapturedRecord {
  readonly SequenceNumber: number;
  readonly Offset: string;
  readonly EnqueuedTimeUtc: string;
  readonly Body: Uint8Array | null;
}

/**
 * The events of a file of Event Hubs Capture, in batches; none where nothing came while it was written. Blocks are plain or
 * deflated: Capture packs them in no other way.
 * @throws {ReplayError} for a file that is no such file, or is cut short
 */
export async function* readCapture(
  path: string,
  {batch: batchMax = batchDefault}: {batch?: number} = {},
): AsyncGenerator<readonly ReceivedEvent[], void, undefined> {
  const file = createReadStream(path, {highWaterMark: readBytes});
  const decoder = new avro.streams.BlockDecoder({readerSchema, codecs});
  let sync: Buffer | undefined;
  decoder.on('metadata', (...about: unknown[]) => (sync = (about[2] as {readonly sync: Buffer}).sync));
  file.on('error', (error) => decoder.destroy(error));
  file.pipe(decoder);
  let batch: ReceivedEvent[] = [];
  try {
    for await (const record of decoder as AsyncIterable<CapturedRecord>) {
      batch.push(eventOf(record));
      if (batch.length < batchMax) continue;
      yield batch;
      batch = [];
    }
    if (sync === undefined || !(await endsWith(path, sync))) throw new Error('it is cut short');
  } catch (cause) {
    throw new ReplayError(`${path} cannot be read as a file of Event Hubs Capture (${messageOf(cause)}).`, {
      cause,
    });
  } finally {
    file.destroy();
  }
  if (batch.length > 0) yield batch;
}

const codecs = {
  null: (block: Buffer, done: (error: Error | null, data: Buffer) => void): void => done(null, block),
  deflate: (block: Buffer, done: (error: Error | null, data: Buffer) => void): void =>
    inflateRaw(block, {maxOutputLength: blockBytesMax}, done),
};

function eventOf({SequenceNumber, Offset, EnqueuedTimeUtc, Body}: CapturedRecord): ReceivedEvent {
  const enqueuedTimeMs = captureTimeMs(EnqueuedTimeUtc);
  if (enqueuedTimeMs === undefined) {
    throw new Error(`event ${SequenceNumber} has an EnqueuedTimeUtc that is no time`);
  }
  return {sequenceNumber: SequenceNumber, offset: Offset, enqueuedTimeMs, body: Body ?? new Uint8Array()};
}

/** Every block ends with the file's marker, and so does a file without blocks. */
async function endsWith(path: string, sync: Buffer): Promise<boolean> {
  const file = await open(path);
  try {
    const {size} = await file.stat();
    const {buffer} = await file.read(Buffer.alloc(syncBytes), 0, syncBytes, Math.max(0, size - syncBytes));
    return sync.equals(buffer);
  } finally {
    await file.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
