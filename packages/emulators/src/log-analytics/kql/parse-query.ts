import {parseExpression} from './parse-expression.ts';
import type {NamedExpression, Operator, Query, SortKey} from './syntax.ts';
import {TokenReader} from './token-reader.ts';

/** Parses the subset of KQL that the emulator speaks; throws `KqlError` where the text leaves it. */
export function parseQuery(text: string): Query {
  const reader = new TokenReader(text);
  const lets: Query['lets'][number][] = [];
  while (reader.accept('let')) {
    const name = reader.expectName();
    reader.expect('=');
    lets.push({name, expression: parseExpression(reader)});
    reader.expect(';');
  }
  const source = parseSource(reader);
  const operators: Operator[] = [];
  while (reader.accept('|')) operators.push(parseOperator(reader));
  reader.accept(';');
  if (reader.current.kind !== 'end') throw reader.unexpected();
  return {lets, source, operators};
}

function parseSource(reader: TokenReader): Query['source'] {
  if (reader.accept('print')) return {kind: 'print', columns: parseColumns(reader)};
  return {kind: 'table', name: reader.expectName()};
}

function parseOperator(reader: TokenReader): Operator {
  if (reader.accept('where') || reader.accept('filter')) {
    return {kind: 'where', predicate: parseExpression(reader)};
  }
  if (reader.accept('extend')) return {kind: 'extend', columns: parseColumns(reader)};
  if (reader.accept('project')) return {kind: 'project', columns: parseColumns(reader)};
  if (reader.accept('summarize')) return parseSummarize(reader);
  if (reader.accept('order') || reader.accept('sort')) {
    reader.expect('by');
    const keys = [parseSortKey(reader)];
    while (reader.accept(',')) keys.push(parseSortKey(reader));
    return {kind: 'sort', keys};
  }
  if (reader.accept('take') || reader.accept('limit')) {
    if (reader.current.kind !== 'long') throw reader.unexpected();
    return {kind: 'take', rows: Number(reader.next().text)};
  }
  throw reader.unexpected();
}

function parseSummarize(reader: TokenReader): Operator {
  const aggregates = reader.current.text === 'by' ? [] : parseColumns(reader);
  const by = reader.accept('by') ? parseColumns(reader) : [];
  if (aggregates.length + by.length === 0) throw reader.unexpected();
  return {kind: 'summarize', aggregates, by};
}

function parseColumns(reader: TokenReader): NamedExpression[] {
  const columns = [parseColumn(reader)];
  while (reader.accept(',')) columns.push(parseColumn(reader));
  return columns;
}

function parseColumn(reader: TokenReader): NamedExpression {
  const named = reader.current.kind === 'name' && reader.peek(1).text === '=';
  if (!named || reader.peek(1).kind !== 'symbol') {
    return {name: undefined, expression: parseExpression(reader)};
  }
  const name = reader.expectName();
  reader.expect('=');
  return {name, expression: parseExpression(reader)};
}

/** `desc` unless said otherwise, as in KQL. */
function parseSortKey(reader: TokenReader): SortKey {
  const expression = parseExpression(reader);
  if (reader.accept('asc')) return {expression, direction: 'asc'};
  reader.accept('desc');
  return {expression, direction: 'desc'};
}
