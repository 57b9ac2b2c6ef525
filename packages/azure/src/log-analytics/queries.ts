import assert from 'node:assert/strict';
import {durationMaxMs} from '@weir/pipeline';
import {delayStepSeconds} from './recent-rows.ts';

/** The most ids one query may name; 40 bytes each make 200 kB of text. */
export const idsPerQueryMax = 5000;
/** The most parts one slice may be split into. */
export const sharesMax = 1024;

/** Rows are stored minutes after their `TimeGenerated`, which may also be ahead by the skew of a clock. */
const generatedBeforeMs = 24 * 60 * 60_000;
const generatedAfterMs = 60 * 60_000;
/** The request's own time range filters `TimeGenerated` too, so it is kept wider than the query's. */
const timespanMarginMs = 60_000;

/** A query, and the time range that goes beside it. */
export interface BuiltQuery {
  readonly text: string;
  readonly timespan: {readonly startTime: Date; readonly endTime: Date} | {readonly duration: string};
}

/** The columns of both row queries; the reader finds them by these names. */
export const rowColumns = [
  'CorrelationId',
  'TimeGenerated',
  'serverNow',
  'DurationMs',
  'requestTime',
  'responseTime',
  'streamType',
  'modelName',
  'modelVersion',
  'objectId',
  'location',
] as const;

/** Rows stored in `[fromMs, toMs)` by the service's `ingestion_time()`; `share` is one of `of` parts by a hash of the id. */
export function sliceQuery(range: {
  fromMs: number;
  toMs: number;
  share?: {index: number; of: number};
}): BuiltQuery {
  const {fromMs, toMs, share} = range;
  assert(fromMs <= toMs, 'a slice ends after it begins');
  const text = `let lo = ${datetimeLiteral(fromMs)};
let hi = ${datetimeLiteral(toMs)};
AzureDiagnostics
| where TimeGenerated between ((lo - 1d) .. (hi + 1h))
| where ingestion_time() >= lo and ingestion_time() < hi
${share === undefined ? '' : `| where ${shareFilter(share)}\n`}${requestRows}`;
  return {
    text,
    timespan: timespanAround({fromMs: fromMs - generatedBeforeMs, toMs: toMs + generatedAfterMs}),
  };
}

/** Rows of these ids, generated in `[fromMs, toMs]`. Ids are compared without regard to case. */
export function idsQuery(query: {ids: readonly string[]; fromMs: number; toMs: number}): BuiltQuery {
  const {ids, fromMs, toMs} = query;
  assert(ids.length > 0 && ids.length <= idsPerQueryMax, `a query names 1 to ${idsPerQueryMax} ids`);
  assert(fromMs <= toMs, 'a time range ends after it begins');
  const text = `AzureDiagnostics
| where TimeGenerated between (${datetimeLiteral(fromMs)} .. ${datetimeLiteral(toMs)})
| where CorrelationId in~ (${ids.map(idLiteral).join(', ')})
${requestRows}`;
  return {text, timespan: timespanAround({fromMs, toMs})};
}

/** Rows stored since `fromMs`, counted by what they have and how late they came: some dozen groups. */
export function recentQuery({fromMs, toMs}: {fromMs: number; toMs: number}): BuiltQuery {
  assert(fromMs <= toMs, 'a time range ends after it begins');
  const text = `let lo = ${datetimeLiteral(fromMs)};
AzureDiagnostics
| where TimeGenerated >= lo - 1d
| where ingestion_time() >= lo
| where Category == "RequestResponse"
| where OperationName !endswith "_List"
${requestColumns}
| extend delay = tolong((ingestion_time() - TimeGenerated) / 1s)
| summarize rows = count() by hasId = isnotempty(CorrelationId), hasDuration = isnotnull(duration),
    hasModel = isnotempty(tostring(details.modelName)), hasStreamType = isnotempty(tostring(details.streamType)),
    delaySeconds = bin(delay, ${delayStepSeconds})`;
  return {
    text,
    timespan: timespanAround({fromMs: fromMs - generatedBeforeMs, toMs: toMs + generatedAfterMs}),
  };
}

/** The service's clock alone; no table is read. */
export function clockQuery(): BuiltQuery {
  return {text: 'print serverNow = now()', timespan: {duration: 'P1D'}};
}

/** Reads the properties, wherever the workspace keeps them. */
const requestColumns = `| extend overflow = parse_json(tostring(column_ifexists("AdditionalFields", "")))
| extend details = parse_json(coalesce(tostring(column_ifexists("properties_s", "")), tostring(overflow.properties_s), tostring(overflow.properties)))
| extend duration = todouble(column_ifexists("DurationMs", real(null)))
| extend usable = duration >= 0.0 and duration <= ${durationMaxMs}.0`;

/**
 * Filters and columns of both queries. Columns differ between workspaces: `properties_s` and `location_s` are missing
 * until a row had them, and past 500 columns their values are in the dynamic `AdditionalFields`; `DurationMs` is a long, a
 * real or text. Every property is made text here, because a JSON reader would round ticks and turn version "1106" into a
 * number. The ticks repair a `DurationMs` that is null or impossible; beside a usable one they would be a fifth of the
 * answer for nothing. There is no `arg_max` over several rows of one id: the join chooses, and counts them.
 */
const requestRows = `| where Category == "RequestResponse" and isnotempty(CorrelationId)
| where OperationName !endswith "_List"
${requestColumns}
| project CorrelationId, TimeGenerated, serverNow = now(), DurationMs = duration,
    requestTime = iff(usable, "", tostring(details.requestTime)),
    responseTime = iff(usable, "", tostring(details.responseTime)),
    streamType = tostring(details.streamType), modelName = tostring(details.modelName),
    modelVersion = tostring(details.modelVersion), objectId = tostring(details.objectId),
    location = coalesce(tostring(column_ifexists("location_s", "")), tostring(overflow.location_s), tostring(overflow.location))`;

function shareFilter({index, of}: {index: number; of: number}): string {
  const inRange = Number.isInteger(of) && of >= 1 && of <= sharesMax && Number.isInteger(index);
  assert(inRange && index >= 0 && index < of, `a share is one of 1 to ${sharesMax} parts`);
  return `hash(CorrelationId, ${of}) == ${index}`;
}

function datetimeLiteral(ms: number): string {
  assert(Number.isInteger(ms), 'a time is whole milliseconds');
  return `datetime(${new Date(ms).toISOString()})`;
}

/** Ids are checked where they enter; another one here is a bug, and must not become query text. */
function idLiteral(id: string): string {
  assert(idPattern.test(id), 'an id that was not validated reached a query');
  return stringLiteral(id);
}

const idPattern = /^[0-9a-z-]{1,128}$/;

/** A KQL string literal of any text. */
export function stringLiteral(text: string): string {
  const escaped = text.replace(/["\\\p{Cc}\u2028\u2029]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function timespanAround({fromMs, toMs}: {fromMs: number; toMs: number}): BuiltQuery['timespan'] {
  return {startTime: new Date(fromMs - timespanMarginMs), endTime: new Date(toMs + timespanMarginMs)};
}
