import {DatabaseSync} from 'node:sqlite';
import {readPlainBody, type PlainEvent} from './read-bodies.ts';
import type {Workload, WorkloadRow} from './workload.ts';

/** What one body or element of a body became, in numbers. */
export interface WorkloadCounts {
  /** Elements of bodies; a rejected body is one. */
  readonly records: number;
  /** Which of the workload's bodies were, by their place in it. */
  readonly rejected: readonly number[];
  readonly valid: number;
}

/**
 * `call` has one row per request, the first enqueued of each id, with the winning diagnostics row beside it: `isMatched`
 * says whether there is one. Times are ms since the epoch.
 */
const schema = `
CREATE TABLE event (
  place INTEGER PRIMARY KEY, requestId TEXT NOT NULL, timeMs INTEGER NOT NULL, region TEXT NOT NULL,
  deployment TEXT NOT NULL, model TEXT NOT NULL, consumer TEXT NOT NULL, product TEXT NOT NULL,
  isStream INTEGER NOT NULL, status INTEGER NOT NULL, hasUsage INTEGER NOT NULL,
  prompt INTEGER NOT NULL, completion INTEGER NOT NULL, total INTEGER NOT NULL, cached INTEGER NOT NULL,
  reasoning INTEGER NOT NULL, remainingRequests INTEGER, remainingTokens INTEGER) STRICT;
CREATE TABLE diagnostics (
  requestId TEXT NOT NULL, generated TEXT NOT NULL, ingested TEXT NOT NULL, durationMs INTEGER,
  streamType TEXT, model TEXT, modelVersion TEXT, principal TEXT) STRICT;
CREATE INDEX byId ON diagnostics (requestId);

CREATE VIEW call AS
WITH request AS (
  SELECT * FROM event WHERE place IN (SELECT min(place) FROM event GROUP BY requestId)
), answer AS (
  SELECT *, row_number() OVER (
    PARTITION BY requestId ORDER BY streamType IS NULL, generated DESC, ingested DESC, durationMs DESC
  ) AS choice FROM diagnostics
)
SELECT request.timeMs, request.region, request.deployment, request.consumer, request.product, request.status,
  request.hasUsage, request.prompt, request.completion, request.total, request.cached, request.reasoning,
  request.remainingRequests, request.remainingTokens,
  answer.requestId IS NOT NULL AS isMatched, answer.durationMs,
  coalesce(answer.model, request.model) AS model, coalesce(answer.modelVersion, 'unknown') AS modelVersion,
  coalesce(answer.principal, 'unknown') AS principal,
  coalesce(answer.streamType, iif(request.isStream, 'streaming', 'non-streaming')) AS streamType
FROM request LEFT JOIN answer ON answer.requestId = request.requestId AND answer.choice = 1;
`;

/** Loads a workload into a database in memory; close it. */
export function loadTables({records, rows}: Workload): {database: DatabaseSync; counts: WorkloadCounts} {
  const database = new DatabaseSync(':memory:');
  database.exec(schema);
  database.exec('BEGIN');
  const event = database.prepare(`INSERT INTO event VALUES (${Array(18).fill('?').join(', ')})`);
  const counts = {records: 0, rejected: [] as number[], valid: 0};
  for (const [place, {body}] of records.entries()) {
    const events = readPlainBody(body);
    counts.records += events?.length ?? 1;
    if (events === undefined) counts.rejected.push(place);
    for (const each of events ?? []) event.run(++counts.valid, ...eventCells(each));
  }
  const row = database.prepare('INSERT INTO diagnostics VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  for (const each of rows) if (each['Category'] === 'RequestResponse') row.run(...rowCells(each));
  database.exec('COMMIT');
  return {database, counts};
}

function eventCells(event: PlainEvent): (string | number | null)[] {
  const {usage, headers} = event;
  const prompt = usage?.prompt_tokens ?? 0;
  const completion = usage?.completion_tokens ?? 0;
  const [requests, tokens] = [
    headers['x-ratelimit-remaining-requests'],
    headers['x-ratelimit-remaining-tokens'],
  ];
  return [
    event.requestId.toLowerCase(),
    Date.parse(event.timestamp),
    headers['x-ms-region']!.replaceAll(' ', '').toLowerCase(),
    event.deployment || 'unknown',
    event.model || 'unknown',
    event.appId || event.subscriptionId || 'unknown',
    event.productId || 'unknown',
    Number(event.stream),
    event.status,
    Number(usage !== undefined && usage !== null && Object.keys(usage).length > 0),
    prompt,
    completion,
    usage?.total_tokens ?? prompt + completion,
    usage?.prompt_tokens_details?.cached_tokens ?? 0,
    usage?.completion_tokens_details?.reasoning_tokens ?? 0,
    requests === undefined ? null : Number(requests),
    tokens === undefined ? null : Number(tokens),
  ];
}

function rowCells(row: WorkloadRow): (string | number | null)[] {
  const {DurationMs: durationMs, properties_s: packed} = row;
  const properties = JSON.parse(packed) as Readonly<Record<string, string | number>>;
  const text = (name: string): string | null => String(properties[name] ?? '') || null;
  const streamType = text('streamType')?.toLowerCase() ?? null;
  const isKnown = streamType === 'streaming' || streamType === 'non-streaming';
  const isUsable = typeof durationMs === 'number' && durationMs >= 0;
  return [
    row.CorrelationId.toLowerCase(),
    row.TimeGenerated,
    row._ingestedAt,
    isUsable ? Math.trunc(durationMs) : durationByTicks(packed),
    isKnown ? streamType : null,
    text('modelName'),
    text('modelVersion'),
    text('objectId'),
  ];
}

/** Out of the text, because the numbers are beyond 2^53; null where they tell no duration. */
function durationByTicks(properties: string): number | null {
  const ticks = (name: string): bigint | undefined => {
    const digits = new RegExp(`"${name}":(\\d+)`).exec(properties)?.[1];
    return digits === undefined ? undefined : BigInt(digits);
  };
  const [from, to] = [ticks('requestTime'), ticks('responseTime')];
  if (from === undefined || to === undefined || to < from) return null;
  return Number((to - from) / 10_000n);
}
