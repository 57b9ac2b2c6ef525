import {expect, test} from 'vitest';
import {bodyLines, lineBytesMax} from './body-lines.ts';

/** Lines with their bodies as text, of chunks that break anywhere. */
async function linesOf(...chunks: (string | Uint8Array)[]): Promise<[number, string][]> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk as string);
  }
  const lines: [number, string][] = [];
  for await (const {line, body} of bodyLines(bytes())) lines.push([line, body.toString()]);
  return lines;
}

test('lines are counted from 1, across chunks, with and without a last line break', async () => {
  expect(await linesOf('{"a":1}\n{"b"', ':2}\n')).toEqual([
    [1, '{"a":1}'],
    [2, '{"b":2}'],
  ]);
  expect(await linesOf('1', '2\n3')).toEqual([
    [1, '12'],
    [2, '3'],
  ]);
});

test('blank lines are counted and are no bodies; line breaks of Windows are none of the body', async () => {
  expect(await linesOf('\n1\r\n  \r\n2\n\n')).toEqual([
    [2, '1'],
    [4, '2'],
  ]);
});

test('a character that is split between chunks stays whole', async () => {
  const bytes = Buffer.from('"ü"\n');
  expect(await linesOf(bytes.subarray(0, 2), bytes.subarray(2))).toEqual([[1, '"ü"']]);
});

test('a byte order mark is the file’s own, so that its first line is read like the others', async () => {
  expect(await linesOf('\ufeff{"$text":"a,b"}\n')).toEqual([[1, 'a,b']]);
});

test('a line of "weir inspect" is the body in it', async () => {
  const place = '"partition":"0","sequenceNumber":7';
  expect(await linesOf(`{${place},"body":{"a":1}}\n{${place},"bodyText":"{'a'}"}\n{${place}}\n`)).toEqual([
    [1, '{"a":1}'],
    [2, "{'a'}"],
    [3, `{${place}}`],
  ]);
});

test('bytes that are no UTF-8 are a body as they are', async () => {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(0x7b, 0xff, 0x0a);
  }
  for await (const {body} of bodyLines(bytes())) expect(body).toEqual(Buffer.from([0x7b, 0xff]));
});

test('a line at the limit is read; one above it is named, and the next one is read', async () => {
  const atLimit = 'x'.repeat(lineBytesMax);
  expect((await linesOf(`${atLimit}\n1`)).map(([line, body]) => [line, body.length])).toEqual([
    [1, lineBytesMax],
    [2, 1],
  ]);
  expect(await linesOf(atLimit, 'x\n1')).toEqual([
    [1, 'too long'],
    [2, '1'],
  ]);
});

test.each([
  ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
  ['UTF-16', [0xfe, 0xff, 0x00, 0x7b]],
  ['gzip', [0x1f, 0x8b, 0x08, 0x00]],
])('a file of %s is refused', async (name, start) => {
  await expect(linesOf(Uint8Array.from(start))).rejects.toThrow(name);
});

test('an empty file has no bodies', async () => {
  expect(await linesOf()).toEqual([]);
});
