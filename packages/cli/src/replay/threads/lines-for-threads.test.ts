import fc from 'fast-check';
import {expect, test} from 'vitest';
import {LinesForThreads} from './lines-for-threads.ts';
import {partitionOfLine} from './partition-of-line.ts';

function linesOf(bytes: ArrayBuffer): string[] {
  return Buffer.from(bytes).toString().split('\n').slice(0, -1);
}

test('every line comes whole to its thread, in the order of the file, however the file is read', () => {
  const line = fc.stringMatching(/^[0-2][a-zé€]{0,20}$/);
  fc.assert(
    fc.property(
      fc.array(line),
      fc.boolean(),
      fc.array(fc.integer({min: 1, max: 9})),
      (all, endsInNewline, cuts) => {
        const bytes = Buffer.from(all.join('\n') + (endsInNewline && all.length > 0 ? '\n' : ''));
        const cutter = new LinesForThreads('file', (one) => Number(one.toString('latin1', 0, 1)));
        const found: string[][] = [[], [], []];
        let from = 0;
        for (const cut of [...cuts, bytes.length]) {
          const part = bytes.subarray(from, from + cut);
          from += cut;
          for (const chunk of cutter.write(part)) found[chunk.thread]!.push(...linesOf(chunk.bytes));
        }
        for (const chunk of cutter.end()) found[chunk.thread]!.push(...linesOf(chunk.bytes));
        expect(found).toEqual(['0', '1', '2'].map((thread) => all.filter((text) => text.startsWith(thread))));
      },
    ),
  );
});

test('a chunk leaves when it is full, so that no more than a megabyte a thread is held', () => {
  const cutter = new LinesForThreads('file', () => 0);
  const chunks = [...cutter.write(Buffer.from(`${'x'.repeat(999)}\n`.repeat(3_000)))];
  expect(chunks.length).toBe(2);
  for (const {bytes} of chunks) expect(bytes.byteLength).toBeLessThanOrEqual(1024 * 1024);
});

test('a line without an end is refused', () => {
  const cutter = new LinesForThreads('file', () => 0);
  const part = Buffer.alloc(8 * 1024 * 1024, 'x');
  expect(() => {
    for (let n = 0; n < 9; n++) expect([...cutter.write(part)]).toEqual([]);
  }).toThrow('file has a line of more than 64 MiB.');
});

test.each([
  ['{"partition":"11","sequenceNumber":4,"enqueuedTime":"x","body":{"partition":"7"}}', '11'],
  ['{"partitionId":"2","sequenceNumber":0,"body":"{}"}', '2'],
  ['{"sequenceNumber":0,"body":"{\\"partition\\":\\"7\\"}","partition":"3"}', '3'],
  ['{"requestId":"a"}', '0'],
  ['no JSON', '0'],
])('%s is of partition %s', (line, partition) => {
  expect(partitionOfLine(Buffer.from(line))).toBe(partition);
});
