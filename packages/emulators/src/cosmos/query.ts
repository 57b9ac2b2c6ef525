import type {DocumentContainer} from './document-container.ts';
import type {StoredDocument} from './document-rules.ts';
import {isJsonObject, type JsonObject} from './partition-key.ts';
import {queryCharge} from './request-units.ts';
import {badRequest} from './service-error.ts';
import {aggregate, documentOrder, evaluate, valueAt} from './sql-evaluate.ts';
import {parseSql} from './sql-parser.ts';
import type {Selection, SqlQuery} from './sql-query.ts';

/** Rows of a page when the client does not say, and at most; a page also ends at 4 MB, as the service's does. */
const pageRowsDefault = 100;
const pageRowsMax = 1000;
const pageBytesMax = 4 * 1024 * 1024;

export interface QueryPage {
  readonly rows: readonly unknown[];
  readonly continuation: string | undefined;
  readonly charge: number;
}

/** Reads `{query, parameters}` as the SDK sends it; 400 otherwise. */
export function readQuery(body: unknown): SqlQuery {
  if (!isJsonObject(body) || typeof body.query !== 'string') throw badRequest('The query text is missing.');
  const parameters = Array.isArray(body.parameters) ? body.parameters : [];
  const pairs = parameters.flatMap((item: unknown): [string, unknown][] =>
    isJsonObject(item) && typeof item.name === 'string' ? [[item.name, item.value]] : [],
  );
  return parseSql(body.query, new Map(pairs));
}

/**
 * One page. An unsorted query resumes behind the last document it returned, so writes in between neither repeat nor
 * skip others; a sorted or limited one resumes by count.
 */
export function runQuery(
  container: DocumentContainer,
  {
    query,
    partition,
    continuation,
    pageRows,
  }: {query: SqlQuery; partition: string | undefined; continuation: string | undefined; pageRows: number},
): QueryPage {
  const candidates = container.list(partition);
  const {where} = query;
  const matching =
    where === undefined ? candidates : candidates.filter(({body}) => evaluate(where, body) === true);
  const charge = queryCharge(
    candidates.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0),
    candidates.length,
  );
  if (query.selection.kind === 'aggregate') {
    const {name, expression} = query.selection;
    const value = aggregate(
      name,
      matching.map(({body}) => evaluate(expression, body)),
    );
    return {rows: value === undefined ? [] : [value], continuation: undefined, charge};
  }
  const isCounted = query.orderBy.length > 0 || query.offset > 0 || query.limit !== Infinity;
  const resume = readContinuation(continuation);
  const order = documentOrder(query.orderBy);
  const rest = isCounted
    ? matching
        .toSorted((a, b) => order(a.body, b.body))
        .slice(query.offset, query.offset + query.limit)
        .slice(resume)
    : matching.filter(({sequence}) => sequence > resume);
  const page = takePage(rest, pageRows);
  const last = page.at(-1);
  const next = isCounted ? resume + page.length : (last?.sequence ?? 0);
  return {
    rows: page.flatMap(({body}) => project(query.selection, body)),
    continuation: page.length < rest.length ? writeContinuation(next) : undefined,
    charge,
  };
}

/** `x-ms-max-item-count`; -1 and absence leave the size to the server. */
export function pageRowsOf(header: string | string[] | undefined): number {
  const wanted = Number(header ?? pageRowsDefault);
  if (!Number.isInteger(wanted) || wanted < -1 || wanted === 0) {
    throw badRequest('The header x-ms-max-item-count is not -1 or a positive whole number.');
  }
  return wanted === -1 ? pageRowsMax : Math.min(wanted, pageRowsMax);
}

function takePage(rest: readonly StoredDocument[], pageRows: number): readonly StoredDocument[] {
  let bytes = 0;
  let rows = 0;
  for (const {sizeBytes} of rest) {
    bytes += sizeBytes;
    if (rows === pageRows || (rows > 0 && bytes > pageBytesMax)) break;
    rows += 1;
  }
  return rest.slice(0, rows);
}

/** One row, or none where the selected value is undefined. */
function project(selection: Selection, body: JsonObject): readonly unknown[] {
  switch (selection.kind) {
    case 'document':
    case 'aggregate':
      return [body];
    case 'value': {
      const value = evaluate(selection.expression, body);
      return value === undefined ? [] : [value];
    }
    case 'columns':
      return [Object.fromEntries(selection.columns.map(({name, path}) => [name, valueAt(body, path)]))];
  }
}

function writeContinuation(next: number): string {
  return Buffer.from(JSON.stringify({next})).toString('base64url');
}

function readContinuation(token: string | undefined): number {
  if (token === undefined) return 0;
  const message = 'The continuation token is not one of this emulator.';
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (isJsonObject(parsed) && Number.isSafeInteger(parsed.next)) return Number(parsed.next);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badRequest(message);
}

/**
 * The plan that the SDK asks for beside every query. There is one physical partition, whose answer is already sorted,
 * limited and added up, so nothing is left for the client to do.
 */
export const queryPlan = {
  partitionedQueryExecutionInfoVersion: 2,
  queryInfo: {
    distinctType: 'None',
    top: null,
    offset: null,
    limit: null,
    orderBy: [],
    orderByExpressions: [],
    groupByExpressions: [],
    groupByAliases: [],
    aggregates: [],
    groupByAliasToAggregateType: {},
    rewrittenQuery: '',
    hasSelectValue: true,
    hasNonStreamingOrderBy: false,
  },
  queryRanges: [{min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false}],
} as const;
