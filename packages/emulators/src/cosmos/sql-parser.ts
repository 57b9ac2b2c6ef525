import {unsupported} from './service-error.ts';
import {readCondition, readOperand} from './sql-expression.ts';
import {aggregateNames, type Path, type Selection, type SqlQuery} from './sql-query.ts';
import {SqlReader} from './sql-reader.ts';
import {tokenize} from './sql-tokens.ts';

/** Parts of Cosmos DB's SQL that are known and left out; each is named in the refusal. */
const unsupportedClauses = ['DISTINCT', 'GROUP', 'JOIN', 'EXISTS', 'UDF', 'LIKE', 'HAVING', 'UNION'] as const;

/**
 * `SELECT [TOP n] * | VALUE x | VALUE COUNT(1) | c.a [AS b], … FROM c [WHERE …] [ORDER BY c.x [DESC], …]
 * [OFFSET n LIMIT m]`. Anything else is a 400 that names what is not supported.
 */
export function parseSql(text: string, parameters: ReadonlyMap<string, unknown> = new Map()): SqlQuery {
  const reader = new SqlReader(tokenize(text), parameters);
  refuseKnownGaps(text);
  reader.expectWord('SELECT');
  // The alias is needed to read the selection, but is written behind it.
  const back = reader.seekFrom();
  reader.alias = readFrom(reader);
  back();
  const top = reader.skipWord('TOP') ? reader.count('TOP') : Infinity;
  const selection = readSelection(reader);
  readFrom(reader);
  const where = reader.skipWord('WHERE') ? readCondition(reader) : undefined;
  const orderBy = readOrder(reader);
  const offset = reader.skipWord('OFFSET') ? reader.count('OFFSET') : 0;
  const limit = reader.skipWord('LIMIT') ? reader.count('LIMIT') : Infinity;
  if (reader.token.kind !== 'end') throw reader.unexpected('the end of the query');
  return {selection, where, orderBy, offset, limit: Math.min(top, limit)};
}

function refuseKnownGaps(text: string): void {
  const outsideStrings = text.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''");
  // A property may bear such a name: `c.group` follows a dot.
  const gap = unsupportedClauses.find((word) =>
    new RegExp(`(?<![.@\\w])${word}\\b`, 'i').test(outsideStrings),
  );
  if (gap !== undefined) throw unsupported(`the SQL clause ${gap === 'GROUP' ? 'GROUP BY' : gap}`);
}

function readFrom(reader: SqlReader): string {
  reader.expectWord('FROM');
  const name = reader.identifier();
  if (reader.skipWord('AS') || reader.isIdentifier()) return reader.identifier();
  return name;
}

function readSelection(reader: SqlReader): Selection {
  if (reader.skipSymbol('*')) return {kind: 'document'};
  if (reader.skipWord('VALUE')) return readValue(reader);
  const columns = [readColumn(reader)];
  while (reader.skipSymbol(',')) columns.push(readColumn(reader));
  return {kind: 'columns', columns};
}

function readValue(reader: SqlReader): Selection {
  const name = aggregateNames.find((aggregate) => reader.isWord(aggregate));
  if (name === undefined) return {kind: 'value', expression: readOperand(reader, 0)};
  reader.take();
  reader.expectSymbol('(');
  const expression = readOperand(reader, 0);
  reader.expectSymbol(')');
  return {kind: 'aggregate', name, expression};
}

function readColumn(reader: SqlReader): {name: string; path: Path} {
  const aggregate = aggregateNames.find((name) => reader.isWord(name));
  if (aggregate !== undefined) throw unsupported(`${aggregate} without VALUE`);
  const path = reader.path();
  const last = path.at(-1);
  if (reader.skipWord('AS')) return {name: reader.identifier(), path};
  return {name: String(last ?? reader.alias), path};
}

function readOrder(reader: SqlReader): SqlQuery['orderBy'] {
  if (!reader.skipWord('ORDER')) return [];
  reader.expectWord('BY');
  const orders = [readOrderItem(reader)];
  while (reader.skipSymbol(',')) orders.push(readOrderItem(reader));
  return orders;
}

function readOrderItem(reader: SqlReader): SqlQuery['orderBy'][number] {
  const path = reader.path();
  if (reader.skipWord('DESC')) return {path, direction: 'descending'};
  reader.skipWord('ASC');
  return {path, direction: 'ascending'};
}
