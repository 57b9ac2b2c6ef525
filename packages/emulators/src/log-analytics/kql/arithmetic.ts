import {longOf, type Cell, type ColumnType} from './cells.ts';
import {derived, type Compiled} from './compiled.ts';
import {isNumeric, realOf} from './convert.ts';
import {semanticError} from './kql-error.ts';
import type {BinaryOperator} from './syntax.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

export function isArithmetic(operator: BinaryOperator): operator is ArithmeticOperator {
  return /^[-+*/%]$/.test(operator);
}

/** Numbers, datetimes and timespans; a null on either side makes null. */
export function compileArithmetic(operator: ArithmeticOperator, left: Compiled, right: Compiled): Compiled {
  const type = resultType(operator, left.type, right.type);
  if (type === undefined) {
    throw semanticError('SEM0064', `Cannot apply '${operator}' to types ${left.type} and ${right.type}`);
  }
  return derived(type, [left, right], (row) => {
    const a = left.evaluate(row);
    const b = right.evaluate(row);
    if (a === null || b === null) return null;
    if (type === 'real') return realArithmetic(operator, realOf(a) ?? Number.NaN, realOf(b) ?? Number.NaN);
    const exact = wholeArithmetic(operator, BigInt(wholePart(a)), BigInt(wholePart(b)));
    return exact === null || type !== 'long' ? exact : longOf(exact);
  });
}

function resultType(
  operator: ArithmeticOperator,
  left: ColumnType,
  right: ColumnType,
): ColumnType | undefined {
  if (isNumeric(left) && isNumeric(right)) return left === 'real' || right === 'real' ? 'real' : 'long';
  if (left === 'datetime' && right === 'timespan') {
    return operator === '+' || operator === '-' ? 'datetime' : undefined;
  }
  if (left === 'timespan' && right === 'datetime') return operator === '+' ? 'datetime' : undefined;
  if (left === 'datetime' && right === 'datetime') return operator === '-' ? 'timespan' : undefined;
  if (left === 'timespan' && right === 'timespan') {
    if (operator === '/') return 'real';
    return operator === '*' ? undefined : 'timespan';
  }
  const scaled = (left === 'timespan' && isNumeric(right)) || (isNumeric(left) && right === 'timespan');
  if (!scaled) return undefined;
  return operator === '*' || (operator === '/' && left === 'timespan') ? 'timespan' : undefined;
}

/** A real beside a timespan is cut to whole ticks; everything else is whole already. */
function wholePart(value: Cell): bigint | number {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' ? Math.trunc(value) : 0;
}

function wholeArithmetic(operator: ArithmeticOperator, a: bigint, b: bigint): bigint | null {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0n ? null : a / b;
    case '%':
      return b === 0n ? null : ((a % b) + b) % b;
  }
}

function realArithmetic(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
  }
}
