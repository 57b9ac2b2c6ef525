import {datetimeText, timespanText, type Cell, type Column} from './kql/cells.ts';
import {dynamicJson} from './kql/dynamic.ts';
import type {QueryResult} from './kql/run-query.ts';
import {partialError} from './service-errors.ts';

/** The service cuts an answer at either; https://learn.microsoft.com/azure/azure-monitor/service-limits */
export const answerRowsMax = 500_000;
export const answerBytesMax = 100 * 1024 * 1024;

const rowsPerPiece = 4096;

export interface ResultLimits {
  readonly rowsMax: number;
  /** Counted in characters, which are bytes for what diagnostics hold. */
  readonly bytesMax: number;
}

/** The JSON of an answer, in pieces that fit a socket; an answer over a limit ends with a `PartialError`. */
export function* resultJson(
  {columns, rows}: QueryResult,
  {
    limits,
    statistics,
    completeness = 'whole',
  }: {
    limits: ResultLimits;
    statistics?: object | undefined;
    /** `partial` says that rows are missing even if none was cut. */
    completeness?: 'whole' | 'partial';
  },
): Generator<string> {
  yield `{"tables":[{"name":"PrimaryResult","columns":${JSON.stringify(columns)},"rows":[`;
  const shown = Math.min(rows.length, limits.rowsMax);
  let written = 0;
  let at = 0;
  while (at < shown && written < limits.bytesMax) {
    const piece = rows.slice(at, Math.min(at + rowsPerPiece, shown)).map((row) => {
      return `[${columns.map((column, index) => cellJson(row[index] ?? null, column)).join(',')}]`;
    });
    const text = (at === 0 ? '' : ',') + piece.join(',');
    at += piece.length;
    written += text.length;
    yield text;
  }
  const tail: Record<string, object> = {};
  if (statistics !== undefined) tail.statistics = statistics;
  if (at < rows.length || completeness === 'partial') tail.error = partialError(limitMessage(limits, at));
  const members = JSON.stringify(tail).slice(1, -1);
  yield `]}]${members === '' ? '' : `,${members}`}}`;
}

function limitMessage({rowsMax}: ResultLimits, shown: number): string {
  return shown >= rowsMax
    ? `The results of this query exceed the set limit of ${rowsMax} records, so not all records were returned (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003).`
    : 'The results of this query exceed the set limit of size, so not all records were returned (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003).';
}

/** Dynamics are text that holds JSON, longs keep all their digits, reals outside JSON are text. */
function cellJson(value: Cell, {type}: Column): string {
  if (value === null) return 'null';
  if (type === 'dynamic') return JSON.stringify(dynamicJson(value));
  if (typeof value === 'bigint') {
    if (type === 'datetime') return `"${datetimeText(value, 'trimmed')}"`;
    return type === 'timespan' ? `"${timespanText(value)}"` : String(value);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return `"${value}"`;
  return JSON.stringify(value);
}
