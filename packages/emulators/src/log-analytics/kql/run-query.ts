import {setImmediate} from 'node:timers/promises';

import {accessPathOf, type AccessPath} from './access-path.ts';
import type {Column, Row} from './cells.ts';
import {compile} from './compile.ts';
import {ingestionColumn, noRow, type Compiled, type Scope} from './compiled.ts';
import {semanticError} from './kql-error.ts';
import {bindColumns, bindOperator, type RowStep} from './operators.ts';
import type {Query} from './syntax.ts';

/** A table as a query sees it: `rows` may return more than the path asks for, never less. */
export interface TableSource {
  readonly columns: readonly Column[];
  readonly rows: (path: AccessPath) => Iterable<Row>;
}

export interface QueryResult {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** So many rows are worked on before others get the thread. */
const rowsPerTurn = 4096;

/**
 * Runs a query over the tables, each row once through a run of `where`, `extend` and `project`. Gives way to other work
 * between batches; throws `KqlError` if the query does not fit its tables.
 */
export async function runQuery(
  query: Query,
  {tables, nowTicks}: {tables: ReadonlyMap<string, TableSource>; nowTicks: bigint},
): Promise<QueryResult> {
  const lets = new Map<string, Compiled>();
  const scopeOf = (columns: readonly Column[]): Scope => ({columns, lets, nowTicks});
  for (const {name, expression} of query.lets) lets.set(name, compile(expression, scopeOf([])));

  let rows: Iterable<Row>;
  let columns: readonly Column[];
  if (query.source.kind === 'print') {
    const printed = bindColumns(query.source.columns, scopeOf([]), 'print_');
    columns = printed.map(({column}) => column);
    rows = [printed.map(({value}) => value.evaluate(noRow))];
  } else {
    const table = tables.get(query.source.name);
    if (table === undefined) {
      const message = `Failed to resolve table or column expression named '${query.source.name}'`;
      throw semanticError('SEM0100', message);
    }
    columns = table.columns;
    rows = table.rows(accessPathOf(query, scopeOf(columns)));
  }

  let steps: RowStep[] = [];
  for (const operator of query.operators) {
    const bound = bindOperator(operator, scopeOf(columns));
    columns = bound.columns;
    if (bound.step !== undefined) steps.push(bound.step);
    else {
      rows = bound.whole(await collect(rows, steps));
      steps = [];
    }
  }
  return {...withoutHidden(columns, steps), rows: await collect(rows, steps)};
}

/** A query without a `project` would show the hidden column, and rows shorter than the table. */
function withoutHidden(columns: readonly Column[], steps: RowStep[]): {columns: readonly Column[]} {
  if (columns[0]?.name !== ingestionColumn.name) return {columns};
  const shown = columns.slice(1);
  steps.push((row) => shown.map(({type}, index) => row[index + 1] ?? (type === 'string' ? '' : null)));
  return {columns: shown};
}

async function collect(rows: Iterable<Row>, steps: readonly RowStep[]): Promise<Row[]> {
  const kept: Row[] = [];
  let worked = 0;
  for (const each of rows) {
    let row: Row | undefined = each;
    for (const step of steps) {
      row = step(row);
      if (row === undefined) break;
    }
    if (row !== undefined) kept.push(row);
    worked += 1;
    if (worked % rowsPerTurn === 0) await setImmediate();
  }
  return kept;
}
