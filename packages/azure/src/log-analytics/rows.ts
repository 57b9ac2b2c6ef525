import {serviceDurationMs, type DiagnosticsRow, type StreamType} from '@weir/pipeline';
import type {AnswerTable, Cell} from './answer-bodies.ts';
import {rowColumns} from './queries.ts';
import {RememberedTexts} from './remembered-texts.ts';

/** What a table says, or the name of a column it should have and has not. */
export type TableReading =
  | {
      readonly kind: 'rows';
      readonly rows: DiagnosticsRow[];
      /** Ms; undefined without a row, since every row carries it. */
      readonly serviceNowMs: number | undefined;
    }
  | {readonly kind: 'missingColumn'; readonly name: string};

type RowColumn = (typeof rowColumns)[number];

/** Reads the answer to a slice or ids query. Columns are found by name; the order is the service's business. */
export function readRows(table: AnswerTable): TableReading {
  const indexes = rowColumns.map((name) => indexOf(table, name));
  const missing = indexes.indexOf(-1);
  if (missing >= 0) return {kind: 'missingColumn', name: rowColumns[missing]!};
  const at = Object.fromEntries(rowColumns.map((name, i) => [name, indexes[i]!])) as Record<
    RowColumn,
    number
  >;

  const rows: DiagnosticsRow[] = [];
  for (const row of table.rows) {
    const requestId = text(row[at.CorrelationId]).trim().toLowerCase();
    if (requestId === '') continue;
    rows.push({
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
    });
  }
  return {kind: 'rows', rows, serviceNowMs: milliseconds(table.rows[0]?.[at.serverNow])};
}

/** Reads the answer to the clock query; undefined if it carries no time. */
export function readServiceNow(table: AnswerTable): number | undefined {
  return milliseconds(table.rows[0]?.[indexOf(table, 'serverNow')]);
}

function indexOf(table: AnswerTable, name: string): number {
  return table.columns.findIndex((column) => column.name === name);
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
