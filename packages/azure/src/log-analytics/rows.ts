import {serviceDurationMs, type DiagnosticsRow, type StreamType} from '@weir/pipeline';
import type {Cell, Column, Row, TableSink} from './answer-reader.ts';
import {rowColumns} from './queries.ts';
import {RememberedTexts} from './remembered-texts.ts';

type RowColumn = (typeof rowColumns)[number];

/** Reads the answer to a slice or ids query. Columns are found by name; the order is the service's business. */
export class RowsTable implements TableSink {
  readonly rows: DiagnosticsRow[] = [];
  /** Rows of the answer, those without an id included. */
  rowsAnswered = 0;
  /** Ms; undefined without a row, since every row carries it. */
  serviceNowMs: number | undefined;
  /** A column that the table should have and has not. */
  missingColumn: RowColumn | undefined;
  #at: Readonly<Record<RowColumn, number>> | undefined;

  begin(columns: readonly Column[]): void {
    this.missingColumn = rowColumns.find((name) => indexOf(columns, name) < 0);
    this.#at = Object.fromEntries(rowColumns.map((name) => [name, indexOf(columns, name)])) as Record<
      RowColumn,
      number
    >;
  }

  take(rows: readonly Row[]): void {
    const at = this.#at;
    if (at === undefined || this.missingColumn !== undefined) return;
    this.serviceNowMs ??= milliseconds(rows[0]?.[at.serverNow]);
    this.rowsAnswered += rows.length;
    for (const row of rows) {
      const requestId = text(row[at.CorrelationId]).trim().toLowerCase();
      if (requestId !== '') this.rows.push(readRow(row, requestId, at));
    }
  }
}

/** A table of a few rows, as it came. */
export class SmallTable implements TableSink {
  columns: readonly Column[] = [];
  readonly rows: Row[] = [];

  begin(columns: readonly Column[]): void {
    this.columns = columns;
  }

  take(rows: readonly Row[]): void {
    this.rows.push(...rows);
  }
}

function readRow(row: Row, requestId: string, at: Readonly<Record<RowColumn, number>>): DiagnosticsRow {
  return {
    requestId,
    timeGeneratedMs: milliseconds(row[at.TimeGenerated]) ?? 0,
    durationMs: serviceDurationMs({
      durationMs: number(row[at.DurationMs]),
      requestTicks: text(row[at.requestTime]),
      responseTicks: text(row[at.responseTime]),
    }),
    streamType: streamTypes.of(text(row[at.streamType])),
    model: texts.of(text(row[at.modelName])),
    modelVersion: texts.of(text(row[at.modelVersion])),
    principal: texts.of(text(row[at.objectId])),
    region: regions.of(text(row[at.location])),
  };
}

/** Reads the answer to the clock query; undefined if it carries no time. */
export function readServiceNow({columns, rows}: SmallTable): number | undefined {
  return milliseconds(rows[0]?.[indexOf(columns, 'serverNow')]);
}

function indexOf(columns: readonly Column[], name: string): number {
  return columns.findIndex((column) => column.name === name);
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

const streamTypes = new RememberedTexts(streamTypeOf);
const regions = new RememberedTexts(regionOf);
const texts = new RememberedTexts((value) => value);

function text(cell: Cell): string {
  return typeof cell === 'string' ? cell : '';
}

/** Of a time in ISO 8601, its ticks truncated; undefined for anything else. */
function milliseconds(cell: Cell): number | undefined {
  const ms = typeof cell === 'string' ? Date.parse(cell) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function number(cell: Cell): number | null {
  return typeof cell === 'number' ? cell : null;
}
