import {runQuery, type QueryResult, type TableSource} from './kql/run-query.ts';
import {ticksPerMs, type Cell, type Row} from './kql/cells.ts';
import {parseQuery} from './kql/parse-query.ts';
import type {RowStore} from './row-store.ts';
import type {TicksRange} from './timespan-argument.ts';

/** One query as it is asked of the store. */
export interface AskedQuery {
  readonly text: string;
  readonly nowMs: number;
  readonly timespan: TicksRange | 'unbounded';
  /** Rows that name a `TenantId` are seen only by queries of that workspace; all other rows by every query. */
  readonly workspaces: ReadonlySet<string>;
  /** Whether the workspace has `AzureDiagnostics`. */
  readonly table: 'there' | 'missing';
}

/** Evaluates a query over the rows that are visible now; throws `KqlError` if it is wrong. */
export async function answerQuery(store: RowStore, asked: AskedQuery): Promise<QueryResult> {
  const tables = new Map(asked.table === 'missing' ? [] : [['AzureDiagnostics', visibleTable(store, asked)]]);
  return runQuery(parseQuery(asked.text), {tables, nowTicks: BigInt(Math.trunc(asked.nowMs)) * ticksPerMs});
}

function visibleTable(store: RowStore, {nowMs, timespan, workspaces}: AskedQuery): TableSource {
  // A copy: rows that come while the query runs may add columns.
  const columns = [...store.columns];
  const timeIndex = columns.findIndex(({name}) => name === 'TimeGenerated');
  const workspaceIndex = columns.findIndex(({name}) => name === 'TenantId');
  const inTimespan = (time: Cell): boolean => {
    if (timespan === 'unbounded') return true;
    return typeof time === 'bigint' && time >= timespan.fromTicks && time <= timespan.upToTicks;
  };
  return {
    columns,
    *rows(path): Generator<Row> {
      for (const {cells, visibleAtMs} of store.candidates(path)) {
        if (visibleAtMs > nowMs || !inTimespan(cells[timeIndex] ?? null)) continue;
        const workspace = cells[workspaceIndex] ?? '';
        if (workspace === '' || (typeof workspace === 'string' && workspaces.has(workspace))) yield cells;
      }
    },
  };
}
