import type {Cell, ColumnType, Row} from './cells.ts';
import {derived, noRow, type Compiled} from './compiled.ts';
import {converted, isNumeric, textOf} from './convert.ts';
import {semanticError} from './kql-error.ts';
import type {BinaryOperator, ListOperator} from './syntax.ts';

type Test = (left: Cell, right: Cell) => boolean;
export type ComparisonOperator = Exclude<BinaryOperator, 'and' | 'or' | '+' | '-' | '*' | '/' | '%'>;

/** Tests that KQL defines on text alone; all but the case-sensitive two compare in lower case. */
const textTests = new Map<ComparisonOperator, (left: string, right: string) => boolean>([
  ['=~', (left, right) => left === right],
  ['!~', (left, right) => left !== right],
  ['contains', (left, right) => left.includes(right)],
  ['!contains', (left, right) => !left.includes(right)],
  ['startswith', (left, right) => left.startsWith(right)],
  ['!startswith', (left, right) => !left.startsWith(right)],
  ['endswith', (left, right) => left.endsWith(right)],
  ['!endswith', (left, right) => !left.endsWith(right)],
  ['has', hasTerm],
  ['!has', (left, right) => !hasTerm(left, right)],
]);

/** `==` and its kin on values of one kind, the text tests on text. A null on either side makes null. */
export function compileComparison(operator: ComparisonOperator, left: Compiled, right: Compiled): Compiled {
  const textTest = textTests.get(operator);
  if (textTest !== undefined) {
    const leftText = asText(left, operator);
    const rightText = asText(right, operator);
    return derived('bool', [left, right], (row) => {
      return textTest(leftText(row).toLowerCase(), rightText(row).toLowerCase());
    });
  }
  const type = comparedAs(left.type, right.type);
  const test = orderTest(operator);
  return derived('bool', [left, right], (row) => {
    const a = converted(left.evaluate(row), {from: left.type, to: type});
    const b = converted(right.evaluate(row), {from: right.type, to: type});
    return a === null || b === null ? null : test(a, b);
  });
}

/** Both ends included. */
export function compileBetween(
  {left, from, upTo}: {left: Compiled; from: Compiled; upTo: Compiled},
  negated: boolean,
): Compiled {
  const inside = compileConnective(
    'and',
    compileComparison('>=', left, from),
    compileComparison('<=', left, upTo),
  );
  return negated ? compileNot(inside) : inside;
}

/** A set is built once, so a list of thousands costs the same per row as a list of one. */
export function compileMembership(
  operator: ListOperator,
  left: Compiled,
  items: readonly Compiled[],
): Compiled {
  if (!items.every((item) => item.constant)) throw semanticError('SEM0019', `'${operator}' needs constants`);
  const folded = operator.endsWith('~');
  const negated = operator.startsWith('!');
  const keyOf = (value: Cell): Cell => {
    if (typeof value === 'string' && folded) return value.toLowerCase();
    return value;
  };
  const members = new Set(
    items.map((item) => {
      const type = comparedAs(left.type, item.type);
      return keyOf(converted(item.evaluate(noRow), {from: item.type, to: type}));
    }),
  );
  return derived('bool', [left], (row) => members.has(keyOf(left.evaluate(row))) !== negated);
}

/** The right side is not looked at when the left one decides. */
export function compileConnective(operator: 'and' | 'or', left: Compiled, right: Compiled): Compiled {
  for (const {type} of [left, right]) {
    if (type !== 'bool') throw semanticError('SEM0100', `'${operator}' needs bool, not ${type}`);
  }
  const decides = operator === 'or';
  return derived('bool', [left, right], (row) => {
    const a = left.evaluate(row);
    if (a === decides) return a;
    const b = right.evaluate(row);
    if (b === decides) return b;
    return a === null || b === null ? null : !decides;
  });
}

export function compileNot(operand: Compiled): Compiled {
  if (operand.type !== 'bool') throw semanticError('SEM0100', `'not' needs bool, not ${operand.type}`);
  return derived('bool', [operand], (row) => {
    const value = operand.evaluate(row);
    return value === null ? null : value !== true;
  });
}

function comparedAs(left: ColumnType, right: ColumnType): ColumnType {
  if (left === right) return left;
  if (isNumeric(left) && isNumeric(right)) return 'real';
  if (left === 'dynamic') return right;
  if (right === 'dynamic') return left;
  const message = `Cannot compare values of types ${left} and ${right}. Try adding explicit casts`;
  throw semanticError('SEM0064', message);
}

function orderTest(operator: ComparisonOperator): Test {
  if (operator === '==') return (a, b) => compareCells(a, b) === 0;
  if (operator === '!=' || operator === '!~') return (a, b) => compareCells(a, b) !== 0;
  if (operator === '<') return (a, b) => compareCells(a, b) < 0;
  if (operator === '<=') return (a, b) => compareCells(a, b) <= 0;
  if (operator === '>') return (a, b) => compareCells(a, b) > 0;
  return (a, b) => compareCells(a, b) >= 0;
}

/** Ordinal for text; numbers of either representation order by value. */
export function compareCells(a: Cell, b: Cell): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

function asText(side: Compiled, operator: string): (row: Row) => string {
  if (side.type !== 'string' && side.type !== 'dynamic') {
    throw semanticError('SEM0064', `'${operator}' compares text, not ${side.type}`);
  }
  return (row) => textOf(side.evaluate(row), side.type);
}

/** `has`: the text as a whole term, bounded by anything but letters and digits. */
function hasTerm(text: string, term: string): boolean {
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    const bounded = !isTermCharacter(text.charAt(at - 1)) && !isTermCharacter(text.charAt(at + term.length));
    if (bounded) return true;
  }
  return false;
}

function isTermCharacter(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character);
}
