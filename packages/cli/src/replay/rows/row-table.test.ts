import {betterRow, hashId, type DiagnosticsRow} from '@weir/pipeline';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {packRows} from './pack-rows.ts';
import {RowTable} from './row-table.ts';

const always = {fromMs: 0, untilMs: Infinity};

interface Row {
  readonly id: string;
  readonly second: number;
  readonly DurationMs: number;
  readonly stream: string;
  readonly model: string;
}

const rows = fc.array(
  fc.record<Row>({
    id: fc.constantFrom(
      'a',
      'b',
      '6f5b7a0e-0000-4000-8000-000000000001',
      '6f5b7a0e-0000-4000-8000-000000000002',
    ),
    second: fc.integer({min: 1, max: 4}),
    DurationMs: fc.oneof(fc.integer({min: -1, max: 5}), fc.constant(30 * 86_400_000)),
    stream: fc.constantFrom('Streaming', 'Non-Streaming', ''),
    model: fc.constantFrom('', 'gpt-4o', 'gpt-4'),
  }),
  {maxLength: 12},
);

function lineOf({id, second, DurationMs, stream, model}: Row): string {
  return JSON.stringify({
    TimeGenerated: new Date(second * 1000).toISOString(),
    Category: 'RequestResponse',
    CorrelationId: id.toUpperCase(),
    DurationMs,
    properties_s: JSON.stringify({
      streamType: stream,
      modelName: model,
      modelVersion: `${model} 1`,
      objectId: 'me',
    }),
  });
}

/** What of a row is counted. */
function counted(row: DiagnosticsRow | undefined): unknown {
  if (row === undefined) return undefined;
  const {durationMs, streamType, model, modelVersion, principal} = row;
  return {durationMs, streamType, model, modelVersion, principal};
}

function expectedRow({second, DurationMs, stream, model}: Row): DiagnosticsRow {
  return {
    requestId: '',
    timeGeneratedMs: second * 1000,
    durationMs: DurationMs < 0 ? undefined : DurationMs,
    streamType: stream === 'Streaming' ? 'streaming' : stream === '' ? 'unknown' : 'non-streaming',
    model,
    modelVersion: `${model} 1`,
    principal: 'me',
    region: 'unknown',
  };
}

test('of the rows of each id the best is found, however they were packed, and in another thread as well', () => {
  fc.assert(
    fc.property(rows, fc.integer({min: 1, max: 5}), (all, size) => {
      const table = new RowTable();
      for (let from = 0; from < all.length; from += size) {
        table.add(packRows(all.slice(from, from + size).map(lineOf), always));
      }
      const other = new RowTable(table.shared);
      for (const [id, own] of Map.groupBy(all, (row) => row.id)) {
        const best = own.map(expectedRow).reduce(betterRow);
        expect(counted(table.find(hashId(id)))).toEqual(counted(best));
        expect(counted(other.find(hashId(id)))).toEqual(counted(best));
      }
      expect(table.find(hashId('another'))).toBeUndefined();
      expect(table.size).toBe(new Set(all.map(({id}) => id)).size);
    }),
  );
});

test('many rows are all found again', () => {
  const table = new RowTable();
  const id = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
  const row = (n: number): Row => ({id: id(n), second: 1, DurationMs: n, stream: '', model: `m${n % 7}`});
  const count = 150_000;
  for (let from = 0; from < count; from += 1_000) {
    table.add(
      packRows(
        Array.from({length: 1_000}, (_, i) => lineOf(row(from + i))),
        always,
      ),
    );
  }
  expect(table.size).toBe(count);
  for (let n = 0; n < count; n += 97) {
    expect(table.find(hashId(id(n)))).toMatchObject({durationMs: n, model: `m${n % 7}`});
  }
});

test('rows generated at another time are not kept, those without a time are', () => {
  const line = (TimeGenerated: string | undefined, CorrelationId: string): string =>
    JSON.stringify({Category: 'RequestResponse', CorrelationId, TimeGenerated});
  const lines = [line('2024-05-17T12:00:00Z', 'a'), line('2024-05-17T13:00:00Z', 'b'), line(undefined, 'c')];
  const table = new RowTable();
  table.add(
    packRows(lines, {
      fromMs: Date.parse('2024-05-17T11:30:00Z'),
      untilMs: Date.parse('2024-05-17T13:00:00Z'),
    }),
  );
  expect(['a', 'b', 'c'].map((id) => table.find(hashId(id)) !== undefined)).toEqual([true, false, true]);
});
