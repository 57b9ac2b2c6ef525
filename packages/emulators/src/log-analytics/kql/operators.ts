import {summarize} from './aggregates.ts';
import type {Cell, Column, Row} from './cells.ts';
import {compareCells} from './comparisons.ts';
import {compile} from './compile.ts';
import type {Compiled, Scope} from './compiled.ts';
import {semanticError} from './kql-error.ts';
import type {Expression, NamedExpression, Operator} from './syntax.ts';

/** Undefined drops the row. */
export type RowStep = (row: Row) => Row | undefined;

/** What an operator does to each row, or to all of them, and the columns that come out. */
export type BoundOperator =
  | {readonly columns: readonly Column[]; readonly step: RowStep}
  | {
      readonly columns: readonly Column[];
      readonly step?: undefined;
      readonly whole: (rows: readonly Row[]) => Row[];
    };

/** Binds an operator to the columns that reach it; throws `KqlError` if it does not fit them. */
export function bindOperator(operator: Operator, scope: Scope): BoundOperator {
  const {columns} = scope;
  switch (operator.kind) {
    case 'where': {
      const predicate = compile(operator.predicate, scope);
      if (predicate.type !== 'bool') {
        throw semanticError('SEM0104', `The where predicate is ${predicate.type}, not bool`);
      }
      return {columns, step: (row) => (predicate.evaluate(row) === true ? row : undefined)};
    }
    case 'extend':
      return bindExtend(operator.columns, scope);
    case 'project': {
      const bound = bindColumns(operator.columns, scope, 'Column');
      const values = bound.map(({value}) => value);
      return {
        columns: bound.map(({column}) => column),
        step: (row) => values.map((value) => value.evaluate(row)),
      };
    }
    case 'summarize':
      return summarize(operator, scope, bindColumns(operator.by, scope, 'Column'));
    case 'sort': {
      const keys = operator.keys.map(({expression, direction}) => {
        return {value: compile(expression, scope), sign: direction === 'asc' ? 1 : -1};
      });
      return {columns, whole: (rows) => rows.toSorted((a, b) => compareBy(keys, a, b))};
    }
    case 'take':
      return {columns, whole: (rows) => rows.slice(0, operator.rows)};
  }
}

function compareBy(keys: readonly {value: Compiled; sign: number}[], a: Row, b: Row): number {
  for (const {value, sign} of keys) {
    const order = compareCells(value.evaluate(a), value.evaluate(b));
    if (order !== 0) return order * sign;
  }
  return 0;
}

/** A column that exists is replaced where it stands; a later definition sees the earlier ones only in a next `extend`. */
function bindExtend(definitions: readonly NamedExpression[], scope: Scope): BoundOperator {
  const columns = [...scope.columns];
  const added = bindColumns(definitions, scope, 'Column').map(({column, value}) => {
    const existing = columns.findIndex(({name}) => name === column.name);
    const index = existing < 0 ? columns.length : existing;
    columns[index] = column;
    return {index, value};
  });
  const width = columns.length;
  const missing = scope.columns.map(({type}): Cell => (type === 'string' ? '' : null));
  const step = (row: Row): Row => {
    const wide = row.length === width ? row.slice() : row.concat(missing.slice(row.length));
    for (const {index, value} of added) wide[index] = value.evaluate(row);
    return wide;
  };
  return {columns, step};
}

interface BoundColumn {
  readonly column: Column;
  readonly value: Compiled;
}

/** Binds definitions, and names those that have no name of their own. */
export function bindColumns(
  definitions: readonly NamedExpression[],
  scope: Scope,
  unnamedPrefix: 'Column' | 'print_',
): BoundColumn[] {
  let unnamed = unnamedPrefix === 'Column' ? 1 : 0;
  return definitions.map(({name, expression}) => {
    const value = compile(expression, scope);
    const ownName = name ?? impliedName(expression) ?? `${unnamedPrefix}${unnamed}`;
    if (name === undefined && impliedName(expression) === undefined) unnamed += 1;
    return {column: {name: ownName, type: value.type}, value};
  });
}

/** `a.b` is named `a_b`. */
function impliedName(expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name;
  if (expression.kind !== 'member') return undefined;
  const target = impliedName(expression.target);
  return target === undefined ? expression.name : `${target}_${expression.name}`;
}
