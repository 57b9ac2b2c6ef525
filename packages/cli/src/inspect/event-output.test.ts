import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ConfigurationError} from '@weir/worker';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {openOutput, outputTarget} from './event-output.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

test('an array is valid JSON after every write, without a close', async () => {
  const path = join(folder, 'events.json');
  const output = await openOutput(outputTarget(path, {wanted: undefined}));
  const read = (): unknown => JSON.parse(readFileSync(path, 'utf8'));
  expect(read()).toEqual([]);
  await output.write(['{"a":"ü"}', '2']);
  expect(read()).toEqual([{a: 'ü'}, 2]);
  await output.write([]);
  await output.write(['3']);
  expect(read()).toEqual([{a: 'ü'}, 2, 3]);
  await output.close();
  expect(readFileSync(path, 'utf8')).toBe('[\n{"a":"ü"},\n2,\n3\n]\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a file named .ndjson gets one text a line', async () => {
  const path = join(folder, 'events.ndjson');
  const output = await openOutput(outputTarget(path, {wanted: 'array'}));
  await output.write(['1', '2']);
  await output.write(['3']);
  await output.close();
  expect(readFileSync(path, 'utf8')).toBe('1\n2\n3\n');
});

test('the format comes from the extension, and for standard output from the wish', () => {
  expect(outputTarget('-', {wanted: undefined}).format).toBe('lines');
  expect(outputTarget('-', {wanted: 'array'}).format).toBe('array');
  expect(outputTarget('a.JSON', {wanted: undefined}).format).toBe('array');
  expect(() => outputTarget('a.txt', {wanted: undefined})).toThrow(ConfigurationError);
});

test('a file in a folder that is not there is refused with its name', async () => {
  await expect(openOutput({path: join(folder, 'no/x.json'), format: 'array'})).rejects.toThrow(
    /^--out: .*no\/x\.json cannot be written \(there is no folder .*no\)/,
  );
});

test('a device takes a closed array', async () => {
  const output = await openOutput({path: '/dev/null', format: 'array'});
  await output.write(['1']);
  await output.close();
  expect(output.closed.aborted).toBe(false);
});
