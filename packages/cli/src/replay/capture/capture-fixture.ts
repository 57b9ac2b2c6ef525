import {randomBytes} from 'node:crypto';
import {createWriteStream, mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import avro from 'avsc';

/** For tests: files as Event Hubs Capture writes them. */

/** https://learn.microsoft.com/azure/event-hubs/explore-captured-avro-files */
const schema: avro.Schema = {
  type: 'record',
  name: 'EventData',
  namespace: 'Microsoft.ServiceBus.Messaging',
  fields: [
    {name: 'SequenceNumber', type: 'long'},
    {name: 'Offset', type: 'string'},
    {name: 'EnqueuedTimeUtc', type: 'string'},
    {name: 'SystemProperties', type: {type: 'map', values: ['long', 'double', 'string', 'bytes']}},
    {name: 'Properties', type: {type: 'map', values: ['long', 'double', 'string', 'bytes', 'null']}},
    {name: 'Body', type: ['null', 'bytes']},
  ],
};

export interface CapturedEvent {
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedTimeMs: number;
  readonly body: Uint8Array;
}

/** Writes one file, its folders included. */
export async function writeCapture(
  path: string,
  events: readonly CapturedEvent[],
  {codec = 'null', codecs}: {codec?: string; codecs?: avro.CodecOptions} = {},
): Promise<void> {
  mkdirSync(dirname(path), {recursive: true});
  const options = {codec, writeHeader: 'always', syncMarker: randomBytes(16)} as const;
  const encoder = new avro.streams.BlockEncoder(schema, {...options, ...(codecs !== undefined && {codecs})});
  const written = pipeline(encoder, createWriteStream(path));
  for (const {sequenceNumber, offset, enqueuedTimeMs, body} of events) {
    encoder.write({
      SequenceNumber: sequenceNumber,
      Offset: offset,
      EnqueuedTimeUtc: captureTime(enqueuedTimeMs),
      SystemProperties: {'x-opt-kafka-key': {string: 'a'}, 'x-opt-enqueued-time': {long: enqueuedTimeMs}},
      Properties: {attempt: {long: 1}},
      Body: Buffer.from(body),
    });
  }
  encoder.end();
  await written;
}

/** As Capture names a file that it began then. */
export function captureName(
  folder: string,
  {partition, begunMs}: {partition: string; begunMs: number},
): string {
  const [date, time] = new Date(begunMs).toISOString().slice(0, 19).split('T');
  return `${join(folder, 'gateways', 'gateway-logs', partition, ...date!.split('-'), ...time!.split(':'))}.avro`;
}

/** `5/17/2024 12:00:34 PM`. */
function captureTime(ms: number): string {
  const time = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = time.getUTCHours();
  const date = `${time.getUTCMonth() + 1}/${time.getUTCDate()}/${time.getUTCFullYear()}`;
  return `${date} ${hours % 12 || 12}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())} ${hours < 12 ? 'AM' : 'PM'}`;
}
