import {longOf, parseDatetime, parseTimespan} from './cells.ts';
import type {BinaryOperator, Expression, ListOperator} from './syntax.ts';
import type {TokenReader} from './token-reader.ts';

/** Reads one scalar expression: `or` binds weakest, then `and`, comparison, sum, product, sign, member access. */
export function parseExpression(reader: TokenReader): Expression {
  return reader.nested(() => parseLeftToRight(reader, 0));
}

const levels: readonly (readonly BinaryOperator[])[] = [
  ['or'],
  ['and'],
  [
    '==',
    '!=',
    '=~',
    '!~',
    '<',
    '<=',
    '>',
    '>=',
    'has',
    '!has',
    'contains',
    '!contains',
    'startswith',
    '!startswith',
    'endswith',
    '!endswith',
  ],
  ['+', '-'],
  ['*', '/', '%'],
];
const comparisonLevel = 2;
const listOperators: readonly ListOperator[] = ['in', 'in~', '!in', '!in~'];

function parseLeftToRight(reader: TokenReader, level: number): Expression {
  const operators = levels[level];
  if (operators === undefined) return parseSigned(reader);
  let left = parseLeftToRight(reader, level + 1);
  for (;;) {
    const operator = operators.find((each) => reader.accept(each));
    if (operator !== undefined) {
      left = {kind: 'binary', operator, left, right: parseLeftToRight(reader, level + 1)};
      continue;
    }
    const tested = level === comparisonLevel ? parseMembershipTest(reader, left) : undefined;
    if (tested === undefined) return left;
    left = tested;
  }
}

function parseMembershipTest(reader: TokenReader, left: Expression): Expression | undefined {
  const operator = listOperators.find((each) => reader.accept(each));
  if (operator !== undefined) {
    reader.expect('(');
    const items = [parseExpression(reader)];
    while (reader.accept(',')) items.push(parseExpression(reader));
    reader.expect(')');
    return {kind: 'list', operator, left, items};
  }
  const negated = reader.accept('!between');
  if (!negated && !reader.accept('between')) return undefined;
  reader.expect('(');
  const from = parseExpression(reader);
  reader.expect('..');
  const upTo = parseExpression(reader);
  reader.expect(')');
  return {kind: 'between', left, from, upTo, negated};
}

function parseSigned(reader: TokenReader): Expression {
  if (reader.accept('-')) return {kind: 'negative', operand: reader.nested(() => parseSigned(reader))};
  let expression = parsePrimary(reader);
  for (;;) {
    if (reader.accept('.')) {
      expression = {kind: 'member', target: expression, name: reader.expectName()};
    } else if (reader.accept('[')) {
      expression = {kind: 'element', target: expression, index: parseExpression(reader)};
      reader.expect(']');
    } else return expression;
  }
}

function parsePrimary(reader: TokenReader): Expression {
  const token = reader.current;
  switch (token.kind) {
    case 'string':
      reader.next();
      return {kind: 'literal', type: 'string', value: token.text};
    case 'long':
      reader.next();
      return {kind: 'literal', type: 'long', value: longOf(BigInt(token.text))};
    case 'real':
      reader.next();
      return {kind: 'literal', type: 'real', value: Number(token.text)};
    case 'timespan':
    case 'timespanText':
    case 'datetime':
      return parseTime(reader);
    case 'name':
      return parseNameOrCall(reader);
    case 'symbol': {
      reader.expect('(');
      const inner = parseExpression(reader);
      reader.expect(')');
      return inner;
    }
    case 'end':
      throw reader.unexpected();
  }
}

function parseTime(reader: TokenReader): Expression {
  const {kind, text} = reader.current;
  const type = kind === 'datetime' ? 'datetime' : 'timespan';
  const value = text === 'null' ? null : type === 'datetime' ? parseDatetime(text) : parseTimespan(text);
  if (value === undefined) throw reader.unexpected();
  reader.next();
  return {kind: 'literal', type, value};
}

function parseNameOrCall(reader: TokenReader): Expression {
  const name = reader.expectName();
  if (name === 'true' || name === 'false') return {kind: 'literal', type: 'bool', value: name === 'true'};
  if (name === 'null') return {kind: 'literal', type: 'dynamic', value: null};
  if (!reader.accept('(')) return {kind: 'name', name};
  const args: Expression[] = [];
  if (!reader.accept(')')) {
    do args.push(parseExpression(reader));
    while (reader.accept(','));
    reader.expect(')');
  }
  return {kind: 'call', name, args};
}
