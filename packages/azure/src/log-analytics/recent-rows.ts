import type {Cell} from './answer-reader.ts';
import type {SmallTable} from './rows.ts';

/** Rows that look alike, of the category that is joined. */
export interface RowGroup {
  readonly rows: number;
  /** Whether the row has a `CorrelationId`, a usable duration, a model and a stream type. */
  readonly has: {
    readonly id: boolean;
    readonly duration: boolean;
    readonly model: boolean;
    readonly streamType: boolean;
  };
  /** From the row's own time to its ingestion, s, cut to `delayStepSeconds`. */
  readonly delaySeconds: number;
}

/** What came lately, counted by the service. */
export interface RecentRows {
  readonly kind: 'recent';
  readonly groups: readonly RowGroup[];
}

/** Steps of the delay: fine beside minutes, and few groups. */
export const delayStepSeconds = 30;

const columns = ['rows', 'hasId', 'hasDuration', 'hasModel', 'hasStreamType', 'delaySeconds'] as const;

/** Reads the answer to the query of recent rows; undefined if it lacks a column. */
export function readRecentRows(table: SmallTable): RecentRows | undefined {
  const indexes = columns.map((name) => table.columns.findIndex((column) => column.name === name));
  if (indexes.includes(-1)) return undefined;
  const groups: RowGroup[] = [];
  for (const row of table.rows) {
    const [rows, id, duration, model, streamType, delay] = indexes.map((index) => row[index]);
    groups.push({
      rows: numberOf(rows),
      has: {id: isTrue(id), duration: isTrue(duration), model: isTrue(model), streamType: isTrue(streamType)},
      delaySeconds: numberOf(delay),
    });
  }
  return {kind: 'recent', groups};
}

function numberOf(cell: Cell): number {
  return typeof cell === 'number' ? cell : 0;
}

/** The service sends booleans as such, or as 0 and 1. */
function isTrue(cell: Cell): boolean {
  return cell === true || cell === 1;
}
