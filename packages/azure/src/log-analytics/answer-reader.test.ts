import fc from 'fast-check';
import {expect, test} from 'vitest';
import {AnswerReader, type AnswerFrame, type Column, type Row, type TableSink} from './answer-reader.ts';

const batchLength = 64;

class Collected implements TableSink {
  columns: readonly Column[] | undefined;
  readonly batches: (readonly Row[])[] = [];

  begin(columns: readonly Column[]): void {
    this.columns = columns;
  }

  take(rows: readonly Row[]): void {
    this.batches.push(rows);
  }
}

function read(text: string, pieceLength = 20): {sink: Collected; frame: AnswerFrame; rows: Row[]} {
  const sink = new Collected();
  const reader = new AnswerReader(sink, {batchLength});
  for (let at = 0; at < text.length; at += pieceLength) reader.push(text.slice(at, at + pieceLength));
  const frame = reader.end();
  return {sink, frame, rows: sink.batches.flat()};
}

const cell = fc.oneof(
  fc.constantFrom('],[', ']]', '"rows":[', '\\', '"', '[[', ']]}]}', '\u2028'),
  fc.string({unit: 'grapheme', maxLength: 12}),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const rows = fc.array(fc.array(cell, {maxLength: 6}), {maxLength: 40});
const columns = fc.array(fc.record({name: fc.oneof(fc.string(), fc.constant('"rows":['))}), {maxLength: 4});
const error = fc.option(
  fc.record({code: fc.string(), details: fc.array(fc.array(cell, {maxLength: 2}), {maxLength: 3})}),
  {nil: undefined},
);

test('what is read while it comes is what parsing the whole text finds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({columns, rows}), {maxLength: 1}),
      error,
      fc.integer({min: 1, max: 200}),
      (tables, failure, pieceLength) => {
        const text = JSON.stringify({tables, ...(failure !== undefined && {error: failure})});
        const {sink, frame, rows: found} = read(text, pieceLength);
        expect(found).toEqual(tables[0]?.rows ?? []);
        expect(sink.columns).toEqual(tables[0]?.columns);
        expect(frame.tables).toHaveLength(tables.length);
        expect(frame.error).toEqual(failure);
      },
    ),
    {numRuns: 2_000},
  );
});

test('of two tables the first one is read', () => {
  const [first, second] = [
    {columns: [{name: 'a'}], rows: [['x']]},
    {columns: [], rows: [['y'], ['z']]},
  ];
  const {sink, frame} = read(JSON.stringify({tables: [first, second]}));
  expect(sink.batches.flat()).toEqual([['x']]);
  expect(frame.tables).toHaveLength(2);
});

test('a long answer is read in batches', () => {
  const row = ['3f6e2a10-0000-4000-8000-0000000000aa', 1];
  const {sink, rows: found} = read(answer(Array.from({length: 100}, () => row)));
  expect(sink.batches.length).toBeGreaterThan(30);
  expect(found).toHaveLength(100);
});

test('a text that looks like the place between two rows is not tried again with each piece', () => {
  const row = ['],['.repeat(200)];
  const {sink} = read(answer([row, row, row]));
  expect(sink.batches).toEqual([[row, row, row]]);
});

test('an error that has the form of rows is none', () => {
  const failure = {code: 'PartialError', details: [['a'], ['b']]};
  const {frame, rows: found} = read(answer([['x'], ['y']], failure));
  expect(found).toEqual([['x'], ['y']]);
  expect(frame.error).toEqual(failure);
});

test('blanks between the tokens, and columns behind the rows, change nothing', () => {
  const table = {rows: [['x'], ['y']], columns: [{name: 'a'}]};
  const {sink, rows: found} = read(JSON.stringify({tables: [table]}, undefined, 2));
  expect(found).toEqual(table.rows);
  expect(sink.columns).toEqual(table.columns);
  expect(read(JSON.stringify({tables: [table]})).rows).toEqual(table.rows);
});

const some = '["a"],'.repeat(50);
test.each([
  ['nothing', ''],
  ['a text without its end', '{"tables":[{"columns":[],"rows":[["a"],["b"]'],
  ['many rows without an end', `{"tables":[{"columns":[],"rows":[${some}`],
  ['a row that is no JSON', `{"tables":[{"columns":[],"rows":[${some}[oops],["b"]]}]}`],
  ['a torn frame', '{"tables":[{"columns":[],"rows":[["a"]]}'],
])('%s is refused', (_, text) => {
  expect(() => read(text)).toThrow(SyntaxError);
});

test.each([
  ['a head', '{"tables":[{"columns":[{"name":"a'],
  ['a head that is none', `{"error":"${'x'.repeat(300_000)}`],
  ['rows', `{"tables":[{"columns":[],"rows":[${some}`],
  ['rows that look like their end', `{"tables":[{"columns":[],"rows":[["],[${'x'.repeat(100)}`],
])('%s without an end is refused at the bound, before more is kept', (_, begin) => {
  const lengthMax = 400_000;
  const reader = new AnswerReader(new Collected(), {batchLength, lengthMax});
  reader.push(begin);
  const piece = some.repeat(10);
  const pieces = Math.floor((lengthMax - begin.length) / piece.length);
  for (let n = 0; n < pieces; n += 1) reader.push(piece);
  expect(() => reader.push(piece)).toThrow(TypeError);
});

test.each(['[]', 'null', '{}', '{"tables":[{}]}', '{"tables":[{"columns":[],"rows":{}}]}'])(
  'JSON that is no answer is refused: %s',
  (text) => {
    expect(() => read(text)).toThrow(TypeError);
  },
);

function answer(rows: readonly Row[], error?: AnswerFrame['error']): string {
  return JSON.stringify({tables: [{columns: [], rows}], error});
}
