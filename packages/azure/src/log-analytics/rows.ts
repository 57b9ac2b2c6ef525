import type {LogsTable} from '@azure/monitor-query';

import {serviceDurationMs, type DiagnosticsRow, type StreamType} from '@weir/pipeline';
import {rowColumns} from './queries.ts';

type RowColumn = (typeof rowColumns)[number];
type TableRow = LogsTable['rows'][number];
type TableCell = TableRow[number];

/** What a table says, or the name of a column it should have and has not. */
export type TableReading =
  | {
      readonly kind: 'rows';
      readonly rows: DiagnosticsRow[];
      /** Ms; undefined without a row, since every row carries it. */
      readonly serviceNowMs: number | undefined;
    }
  | {readonly kind: 'missingColumn'; readonly name: string};

/** Reads the answer to a slice or ids query. Columns are found by name; the order is the service's business. */
export function readRows(table: LogsTable): TableReading {
  const columns = table.columnDescriptors ?? [];
  const indexes = new Map<RowColumn, number>();
  for (const name of rowColumns) {
    const index = columns.findIndex((column) => column.name === name);
    if (index < 0) return {kind: 'missingColumn', name};
    indexes.set(name, index);
  }
  const at = (row: TableRow, name: RowColumn): TableCell | null | undefined => row[indexes.get(name) ?? -1];

  const rows: DiagnosticsRow[] = [];
  for (const row of table.rows) {
    const requestId = text(at(row, 'CorrelationId')).trim().toLowerCase();
    if (requestId === '') continue;
    rows.push({
      requestId,
      timeGeneratedMs: milliseconds(at(row, 'TimeGenerated')) ?? 0,
      durationMs: serviceDurationMs({
        durationMs: number(at(row, 'DurationMs')),
        requestTicks: text(at(row, 'requestTime')),
        responseTicks: text(at(row, 'responseTime')),
      }),
      streamType: streamTypeOf(text(at(row, 'streamType'))),
      model: text(at(row, 'modelName')),
      modelVersion: text(at(row, 'modelVersion')),
      principal: text(at(row, 'objectId')),
      region: regionOf(text(at(row, 'location'))),
    });
  }
  const [first] = table.rows;
  return {
    kind: 'rows',
    rows,
    serviceNowMs: first === undefined ? undefined : milliseconds(at(first, 'serverNow')),
  };
}

/** Reads the answer to the clock query; undefined if it carries no time. */
export function readServiceNow(table: LogsTable): number | undefined {
  const index = (table.columnDescriptors ?? []).findIndex((column) => column.name === 'serverNow');
  return milliseconds(table.rows[0]?.[index]);
}

/** The two texts of the service, in any case; anything else is not guessed at. */
export function streamTypeOf(value: string): StreamType {
  const lower = value.trim().toLowerCase();
  return lower === 'streaming' || lower === 'non-streaming' ? lower : 'unknown';
}

/** `East US` and `eastus` are one region; a text with nothing usable is `unknown`. */
export function regionOf(value: string): string {
  const kept = value.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
  return kept === '' ? 'unknown' : kept.slice(0, regionLengthMax);
}

const regionLengthMax = 128;

function text(cell: TableCell | null | undefined): string {
  return typeof cell === 'string' ? cell : '';
}

/** The SDK makes a Date of every datetime; a date it could not read is not a time. */
function milliseconds(cell: TableCell | null | undefined): number | undefined {
  if (!(cell instanceof Date)) return undefined;
  const ms = cell.getTime();
  return Number.isNaN(ms) ? undefined : ms;
}

function number(cell: TableCell | null | undefined): number | null {
  return typeof cell === 'number' ? cell : null;
}
