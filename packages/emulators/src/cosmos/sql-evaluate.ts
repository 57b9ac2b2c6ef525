import {isDeepStrictEqual} from 'node:util';
import type {JsonObject} from './partition-key.ts';
import {isJsonObject} from './partition-key.ts';
import type {AggregateName, Comparison, Expression, Path, SqlQuery} from './sql-query.ts';

/**
 * The value of an expression for one document. `undefined` is SQL's undefined: a missing property, or a comparison of
 * different types; it makes a condition neither true nor false, so NOT does not turn it into a match.
 */
export function evaluate(expression: Expression, document: JsonObject): unknown {
  switch (expression.kind) {
    case 'constant':
      return expression.value;
    case 'path':
      return valueAt(document, expression.path);
    case 'not':
      return negate(evaluate(expression.operand, document));
    case 'and':
      return conjunction(evaluate(expression.left, document), evaluate(expression.right, document));
    case 'or':
      return disjunction(evaluate(expression.left, document), evaluate(expression.right, document));
    case 'compare':
      return compare(
        expression.operator,
        evaluate(expression.left, document),
        evaluate(expression.right, document),
      );
    case 'in': {
      const value = evaluate(expression.operand, document);
      if (value === undefined) return undefined;
      return expression.options.some((option) => compare('=', value, evaluate(option, document)) === true);
    }
    case 'call': {
      const [first, second] = expression.operands.map((operand) => evaluate(operand, document));
      if (expression.name === 'IS_DEFINED') return first !== undefined;
      if (typeof first !== 'string' || typeof second !== 'string') return undefined;
      if (expression.name === 'STARTSWITH') return first.startsWith(second);
      if (expression.name === 'ENDSWITH') return first.endsWith(second);
      return first.includes(second);
    }
  }
}

export function valueAt(document: JsonObject, path: Path): unknown {
  let value: unknown = document;
  for (const part of path) {
    if (Array.isArray(value)) value = typeof part === 'number' ? value[part] : undefined;
    // Only own properties: a path such as `c.constructor` is not a property of the document.
    else value = isJsonObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
}

/** Undefined (no result) where a value is not a number, as in the service; COUNT counts defined values. */
export function aggregate(name: AggregateName, values: readonly unknown[]): unknown {
  const defined = values.filter((value) => value !== undefined);
  if (name === 'COUNT') return defined.length;
  if (name === 'MIN') return defined.sort(compareInOrder)[0];
  if (name === 'MAX') return defined.sort(compareInOrder).at(-1);
  const numbers = defined.filter((value) => typeof value === 'number');
  if (numbers.length !== defined.length) return undefined;
  const sum = numbers.reduce((total, value) => total + value, 0);
  if (name === 'SUM') return sum;
  return numbers.length === 0 ? undefined : sum / numbers.length;
}

/** Sorts by type first (undefined, null, boolean, number, string, rest), then by value. */
export function compareInOrder(a: unknown, b: unknown): number {
  const ranks = typeRank(a) - typeRank(b);
  if (ranks !== 0) return ranks;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  return typeof a === 'number' || typeof a === 'boolean' ? Number(a) - Number(b) : 0;
}

export function documentOrder(orderBy: SqlQuery['orderBy']): (a: JsonObject, b: JsonObject) => number {
  return (a, b) => {
    for (const {path, direction} of orderBy) {
      const order = compareInOrder(valueAt(a, path), valueAt(b, path));
      if (order !== 0) return direction === 'ascending' ? order : -order;
    }
    return 0;
  };
}

function compare(operator: Comparison, left: unknown, right: unknown): boolean | undefined {
  if (left === undefined || right === undefined || typeRank(left) !== typeRank(right)) return undefined;
  if (operator === '=') return isDeepStrictEqual(left, right);
  if (operator === '!=') return !isDeepStrictEqual(left, right);
  if (typeof left === 'object' && left !== null) return undefined;
  const order = compareInOrder(left, right);
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function negate(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? !value : undefined;
}

function conjunction(left: unknown, right: unknown): boolean | undefined {
  if (left === false || right === false) return false;
  return left === true && right === true ? true : undefined;
}

function disjunction(left: unknown, right: unknown): boolean | undefined {
  if (left === true || right === true) return true;
  return left === false && right === false ? false : undefined;
}

function typeRank(value: unknown): number {
  if (value === undefined) return 0;
  if (value === null) return 1;
  if (typeof value === 'boolean') return 2;
  if (typeof value === 'number') return 3;
  if (typeof value === 'string') return 4;
  return Array.isArray(value) ? 5 : 6;
}
