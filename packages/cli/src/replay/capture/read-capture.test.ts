import {appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ReceivedEvent} from '@weir/pipeline';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {writeCapture} from './capture-fixture.ts';
import {readCapture} from './read-capture.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

const noonMs = Date.parse('2024-05-17T12:00:34.000Z');
const events = Array.from({length: 1_200}, (_, n) => ({
  sequenceNumber: n + 2 ** 33,
  offset: `0:${n * 100}`,
  enqueuedTimeMs: noonMs + n * 60_000,
  body: Buffer.from(`{"n":${n}}`),
}));

async function read(path: string): Promise<ReceivedEvent[]> {
  const batches: (readonly ReceivedEvent[])[] = [];
  for await (const batch of readCapture(path)) batches.push(batch);
  return batches.flat();
}

test.each(['null', 'deflate'])('a file with the codec %s is read as it was written', async (codec) => {
  const path = join(folder, `${codec}.avro`);
  await writeCapture(path, events, {codec});
  const found = await read(path);
  expect(found.map((event) => ({...event, body: String(event.body)}))).toEqual(
    events.map((event) => ({...event, body: String(event.body)})),
  );
});

test('a file of a quiet time has no events', async () => {
  const path = join(folder, 'quiet.avro');
  await writeCapture(path, []);
  expect(await read(path)).toEqual([]);
});

test.each([1, 20, 5_000])('a file that lacks its last %i bytes is refused', async (bytes) => {
  const path = join(folder, 'short.avro');
  await writeCapture(path, events);
  truncateSync(path, readFileSync(path).length - bytes);
  await expect(read(path)).rejects.toThrow('cannot be read as a file of Event Hubs Capture');
});

test('a file that goes on with something else is refused', async () => {
  const path = join(folder, 'longer.avro');
  await writeCapture(path, events);
  appendFileSync(path, Buffer.alloc(100, 1));
  await expect(read(path)).rejects.toThrow('cannot be read as a file of Event Hubs Capture');
});

test('a codec that Capture does not use is named', async () => {
  const path = join(folder, 'snappy.avro');
  const snappy = (block: Buffer, done: (error: Error | null, data: Buffer) => void): void =>
    done(null, block);
  await writeCapture(path, events, {codec: 'snappy', codecs: {snappy}});
  await expect(read(path)).rejects.toThrow('unknown codec: snappy');
});

test('what is no Avro is refused', async () => {
  const path = join(folder, 'text.avro');
  writeFileSync(path, 'a text');
  await expect(read(path)).rejects.toThrow('cannot be read as a file of Event Hubs Capture');
  await expect(read(join(folder, 'none.avro'))).rejects.toThrow('ENOENT');
});
