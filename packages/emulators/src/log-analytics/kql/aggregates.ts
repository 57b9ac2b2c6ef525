import type {Cell, Column, ColumnType, Row} from './cells.ts';
import {compareCells} from './comparisons.ts';
import {compile} from './compile.ts';
import type {Compiled, Scope} from './compiled.ts';
import {textOf} from './convert.ts';
import {semanticError} from './kql-error.ts';
import type {NamedExpression, Operator} from './syntax.ts';

interface Aggregate {
  readonly column: Column;
  readonly over: (rows: readonly Row[]) => Cell;
}

/** `summarize count() / min / max / dcount by ...`: groups in the order in which they first appear. */
export function summarize(
  {aggregates}: Extract<Operator, {kind: 'summarize'}>,
  scope: Scope,
  by: readonly {readonly column: Column; readonly value: Compiled}[],
): {columns: Column[]; whole: (rows: readonly Row[]) => Row[]} {
  const bound = aggregates.map((definition) => bindAggregate(definition, scope));
  const whole = (rows: readonly Row[]): Row[] => {
    const groups = new Map<string, {key: Cell[]; rows: Row[]}>();
    // Without a `by` there is one group, of no rows too.
    if (by.length === 0) groups.set('[]', {key: [], rows: []});
    for (const row of rows) {
      const key = by.map(({value}) => value.evaluate(row));
      const name = JSON.stringify(key.map((cell, index) => textOf(cell, by[index]?.column.type ?? 'string')));
      const group = groups.get(name);
      if (group === undefined) groups.set(name, {key, rows: [row]});
      else group.rows.push(row);
    }
    return Array.from(groups.values(), (group) => [...group.key, ...bound.map(({over}) => over(group.rows))]);
  };
  return {columns: [...by.map(({column}) => column), ...bound.map(({column}) => column)], whole};
}

function bindAggregate({name, expression}: NamedExpression, scope: Scope): Aggregate {
  if (expression.kind !== 'call') throw semanticError('SEM0080', 'summarize needs aggregate functions');
  const [argument] = expression.args;
  const column = (type: ColumnType): Column => {
    const suffix = argument?.kind === 'name' ? argument.name : '';
    return {name: name ?? `${expression.name}_${suffix}`, type};
  };
  if (expression.name === 'count') return {column: column('long'), over: (rows) => rows.length};
  if (argument === undefined) throw semanticError('SEM0219', `${expression.name}() needs an argument`);
  const value = compile(argument, scope);
  switch (expression.name) {
    case 'dcount':
      return {column: column('long'), over: (rows) => distinct(rows, value)};
    case 'min':
      return {column: column(value.type), over: (rows) => extreme(rows, value, -1)};
    case 'max':
      return {column: column(value.type), over: (rows) => extreme(rows, value, 1)};
    default:
      throw semanticError('SEM0260', `Unknown function: '${expression.name}'.`);
  }
}

/** Exact here, an estimate in the service. */
function distinct(rows: readonly Row[], value: Compiled): number {
  const seen = new Set<string>();
  for (const row of rows) seen.add(textOf(value.evaluate(row), value.type));
  return seen.size;
}

function extreme(rows: readonly Row[], value: Compiled, sign: 1 | -1): Cell {
  let best: Cell = null;
  for (const row of rows) {
    const cell = value.evaluate(row);
    if (cell !== null && (best === null || compareCells(cell, best) * sign > 0)) best = cell;
  }
  return best;
}
