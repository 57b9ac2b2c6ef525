import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {captureFiles} from './capture-files.ts';
import {captureName, writeCapture} from './capture-fixture.ts';
import {captureFormatDefault, capturePathReader} from './capture-path.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
});
afterEach(() => rmSync(folder, {recursive: true}));

const noonMs = Date.parse('2024-05-17T12:00:00Z');
const minuteMs = 60_000;
const {signal} = new AbortController();

/** A file of one event a minute. */
async function write(
  partition: string,
  minute: number,
  {events, first}: {events: number; first: number},
): Promise<string> {
  const path = captureName(folder, {partition, begunMs: noonMs + minute * minuteMs});
  await writeCapture(
    path,
    Array.from({length: events}, (_, n) => ({
      sequenceNumber: first + n,
      offset: String(first + n),
      enqueuedTimeMs: noonMs + (minute + n) * minuteMs,
      body: Buffer.from('{}'),
    })),
  );
  return path;
}

function find(from: number, until: number, format = captureFormatDefault): Promise<string[]> {
  const range = {fromMs: noonMs + from * minuteMs, untilMs: noonMs + until * minuteMs};
  const pathOf = capturePathReader(format)!;
  return captureFiles(folder, {range, pathOf, format, signal}).then((files) => files.map(({path}) => path));
}

test('files come in the order of their sequence numbers, not of their names, and only those that may hold events', async () => {
  const third = await write('0', 10, {events: 5, first: 10});
  const first = await write('0', 30, {events: 0, first: 0});
  // Written late, so its name is younger than what it holds.
  const second = captureName(folder, {partition: '0', begunMs: noonMs + 40 * minuteMs});
  await writeCapture(second, [
    {sequenceNumber: 9, offset: '9', enqueuedTimeMs: noonMs + 9 * minuteMs, body: Buffer.from('{}')},
  ]);
  const fourth = await write('0', 20, {events: 5, first: 15});
  expect(await find(0, 60)).toEqual([second, third, fourth]);
  expect(await find(12, 20)).toEqual([third]);
  expect(await find(26, 60)).toEqual([fourth]);
  expect(await find(0, 60)).not.toContain(first);
});

test('names of another form are refused with the option that tells the form', async () => {
  const path = await write('0', 0, {events: 1, first: 0});
  await expect(find(0, 60, '{EventHub}-{PartitionId}')).rejects.toThrow(
    `${path} is not named as {EventHub}-{PartitionId}. Say how the files are named with --capture-format.`,
  );
});

test('the files of two hubs are not taken for those of one', async () => {
  const body = Buffer.from('{}');
  for (const hub of ['a', 'b']) {
    const path = join(folder, 'gateways', hub, '0', '2024', '05', '17', '12', '00', '00.avro');
    await writeCapture(path, [{sequenceNumber: 0, offset: '0', enqueuedTimeMs: noonMs, body}]);
  }
  await expect(find(0, 60)).rejects.toThrow('holds the files of several hubs (gateways/a, gateways/b)');
});
