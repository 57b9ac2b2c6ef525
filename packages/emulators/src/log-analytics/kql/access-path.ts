import type {Column} from './cells.ts';
import {compile} from './compile.ts';
import {ingestionColumn, noRow, type Scope} from './compiled.ts';
import {converted, textOf} from './convert.ts';
import type {BinaryOperator, Expression, Query} from './syntax.ts';

/**
 * What the first filters of a query say about where its rows can be. It only narrows the candidates: every filter is
 * still evaluated on each of them, so missing a hint costs time and never a row.
 */
export interface AccessPath {
  /** Lower-cased ids, one of which `CorrelationId` must equal. */
  ids: ReadonlySet<string> | undefined;
  /** Inclusive bounds of the ingestion time in ticks. */
  fromTicks: bigint | undefined;
  upToTicks: bigint | undefined;
}

export const idColumn = 'CorrelationId';

/** Reads the `where`s that come directly after the table, before a later operator can rename anything. */
export function accessPathOf({operators}: Query, scope: Scope): AccessPath {
  const path: AccessPath = {ids: undefined, fromTicks: undefined, upToTicks: undefined};
  const columns: readonly Column[] = scope.columns;
  if (!columns.some((column) => column.name === idColumn)) return path;
  for (const operator of operators) {
    if (operator.kind !== 'where') break;
    for (const conjunct of conjunctsOf(operator.predicate)) narrow(path, conjunct, scope);
  }
  return path;
}

function* conjunctsOf(predicate: Expression): Generator<Expression> {
  if (predicate.kind !== 'binary' || predicate.operator !== 'and') yield predicate;
  else {
    yield* conjunctsOf(predicate.left);
    yield* conjunctsOf(predicate.right);
  }
}

function narrow(path: AccessPath, test: Expression, scope: Scope): void {
  if (test.kind === 'list' && isColumn(test.left, idColumn)) {
    if (test.operator === 'in' || test.operator === 'in~') narrowIds(path, test.items, scope);
  } else if (test.kind === 'between' && !test.negated && isIngestionTime(test.left)) {
    narrowTime(path, '>=', ticksOf(test.from, scope));
    narrowTime(path, '<=', ticksOf(test.upTo, scope));
  } else if (test.kind === 'binary') {
    const equals = test.operator === '==' || test.operator === '=~';
    if (equals && isColumn(test.left, idColumn)) narrowIds(path, [test.right], scope);
    if (isIngestionTime(test.left)) narrowTime(path, test.operator, ticksOf(test.right, scope));
  }
}

/** The first list is as good as any: the others are evaluated on its rows. */
function narrowIds(path: AccessPath, items: readonly Expression[], scope: Scope): void {
  if (path.ids !== undefined) return;
  const ids = new Set<string>();
  for (const item of items) {
    const bound = compile(item, scope);
    if (!bound.constant) return;
    ids.add(textOf(bound.evaluate(noRow), bound.type).toLowerCase());
  }
  path.ids = ids;
}

function narrowTime(path: AccessPath, operator: BinaryOperator, ticks: bigint | undefined): void {
  if (ticks === undefined) return;
  const lower = operator === '>=' || operator === '>' || operator === '==';
  const upper = operator === '<=' || operator === '<' || operator === '==';
  if (lower && (path.fromTicks === undefined || ticks > path.fromTicks)) path.fromTicks = ticks;
  if (upper && (path.upToTicks === undefined || ticks < path.upToTicks)) path.upToTicks = ticks;
}

function ticksOf(expression: Expression, scope: Scope): bigint | undefined {
  const bound = compile(expression, scope);
  if (!bound.constant) return undefined;
  const value = converted(bound.evaluate(noRow), {from: bound.type, to: 'datetime'});
  return typeof value === 'bigint' ? value : undefined;
}

function isColumn(expression: Expression, name: string): boolean {
  return expression.kind === 'name' && expression.name === name;
}

function isIngestionTime(expression: Expression): boolean {
  if (expression.kind === 'call') return expression.name === 'ingestion_time';
  return isColumn(expression, ingestionColumn.name);
}
