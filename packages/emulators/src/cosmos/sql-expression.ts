import {badRequest, unsupported} from './service-error.ts';
import {
  comparisons,
  functionArity,
  functionNames,
  type Comparison,
  type Expression,
  type FunctionName,
} from './sql-query.ts';
import type {SqlReader} from './sql-reader.ts';

/** Parentheses and NOTs inside each other; the parser recurses once per level. */
const nestingMax = 100;

/** Reads a condition: OR binds loosest, then AND, NOT, comparison. */
export function readCondition(reader: SqlReader, depth = 0): Expression {
  if (depth > nestingMax) throw badRequest('The SQL query is nested too deeply.');
  let left = readConjunction(reader, depth);
  while (reader.skipWord('OR')) left = {kind: 'or', left, right: readConjunction(reader, depth)};
  return left;
}

function readConjunction(reader: SqlReader, depth: number): Expression {
  let left = readNegation(reader, depth);
  while (reader.skipWord('AND')) left = {kind: 'and', left, right: readNegation(reader, depth)};
  return left;
}

function readNegation(reader: SqlReader, depth: number): Expression {
  if (depth > nestingMax) throw badRequest('The SQL query is nested too deeply.');
  if (reader.skipWord('NOT')) return {kind: 'not', operand: readNegation(reader, depth + 1)};
  return readComparison(reader, depth);
}

function readComparison(reader: SqlReader, depth: number): Expression {
  const left = readOperand(reader, depth);
  const operator = skipComparison(reader);
  if (operator !== undefined) return {kind: 'compare', operator, left, right: readOperand(reader, depth)};
  if (reader.skipWord('BETWEEN')) return readRange(reader, {operand: left, depth});
  if (reader.skipWord('IN')) return readOptions(reader, {operand: left, depth});
  if (!reader.skipWord('NOT')) return left;
  if (reader.skipWord('BETWEEN')) return {kind: 'not', operand: readRange(reader, {operand: left, depth})};
  reader.expectWord('IN');
  return {kind: 'not', operand: readOptions(reader, {operand: left, depth})};
}

function readRange(reader: SqlReader, {operand, depth}: {operand: Expression; depth: number}): Expression {
  const low = readOperand(reader, depth);
  reader.expectWord('AND');
  const high = readOperand(reader, depth);
  return {
    kind: 'and',
    left: {kind: 'compare', operator: '>=', left: operand, right: low},
    right: {kind: 'compare', operator: '<=', left: operand, right: high},
  };
}

function readOptions(reader: SqlReader, {operand, depth}: {operand: Expression; depth: number}): Expression {
  reader.expectSymbol('(');
  const options = [readOperand(reader, depth)];
  while (reader.skipSymbol(',')) options.push(readOperand(reader, depth));
  reader.expectSymbol(')');
  return {kind: 'in', operand, options};
}

/** A literal, parameter, path, function call or condition in parentheses. */
export function readOperand(reader: SqlReader, depth: number): Expression {
  const {kind, text} = reader.token;
  if (reader.skipSymbol('(')) {
    const inner = readCondition(reader, depth + 1);
    reader.expectSymbol(')');
    return inner;
  }
  if (kind === 'parameter') return {kind: 'constant', value: reader.parameter()};
  if (kind === 'string') return {kind: 'constant', value: reader.take().text};
  if (kind === 'number') return {kind: 'constant', value: Number(reader.take().text)};
  if (kind !== 'word') throw reader.unexpected('a value');
  const word = text.toUpperCase();
  const name = functionNames.find((known) => known === word);
  if (name !== undefined) return readCall(reader, {name, depth});
  if (reader.skipWord('TRUE')) return {kind: 'constant', value: true};
  if (reader.skipWord('FALSE')) return {kind: 'constant', value: false};
  if (reader.skipWord('NULL')) return {kind: 'constant', value: null};
  if (reader.skipWord('UNDEFINED')) return {kind: 'constant', value: undefined};
  if (text !== reader.alias && reader.isIdentifier()) {
    reader.take();
    if (reader.skipSymbol('(')) throw unsupported(`the SQL function ${word}`);
    throw badRequest(`Identifier '${text}' could not be resolved.`);
  }
  return {kind: 'path', path: reader.path()};
}

function readCall(reader: SqlReader, {name, depth}: {name: FunctionName; depth: number}): Expression {
  reader.take();
  reader.expectSymbol('(');
  const operands = [readOperand(reader, depth)];
  while (reader.skipSymbol(',')) operands.push(readOperand(reader, depth));
  reader.expectSymbol(')');
  if (operands.length !== functionArity[name]) {
    throw unsupported(`${name} with ${operands.length} argument(s)`);
  }
  return {kind: 'call', name, operands};
}

function skipComparison(reader: SqlReader): Comparison | undefined {
  if (reader.skipSymbol('<>')) return '!=';
  return comparisons.find((operator) => reader.skipSymbol(operator));
}
