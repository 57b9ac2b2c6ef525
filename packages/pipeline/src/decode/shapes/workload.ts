import {readDimension, readFirstDimension, readRegion} from '../dimension.ts';
import {readEventTime} from '../event-time.ts';
import {isAbsent, readRemaining, readRequestId, readStatus, readStream, unreadable} from '../fields.ts';
import type {DecodedRecord, DeadLetterReason} from '../gateway-event.ts';
import {firstHeaderValue, headerOf, lastHeaderValue} from '../headers.ts';
import {MissingFields} from '../missing-fields.ts';
import {isJsonObject} from '../shape.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {readUsage} from '../tokens.ts';

/**
 * The workload's shape: an event with the response's headers as a map and its usage as the service wrote it.
 *
 * | Field | Takes | Becomes |
 * |---|---|---|
 * | `requestId` | text; where absent, the header `apim-request-id` | `requestId` |
 * | `timestamp` | see `event-time.ts` | `eventTimeMs` |
 * | `status` | 100 to 599, number or text | `status` |
 * | `headers` | object, names in any case | `region`, `remainingRequests`, `remainingTokens` |
 * | `usage` | object, null or absent; see `tokens.ts` | tokens |
 * | `deployment`, `model`, `productId` | text | dimensions |
 * | `appId`, else `subscriptionId` | text | `consumer` |
 * | `stream` | boolean or its text | `stream` |
 *
 * `schemaVersion`, `backend` and `backendMs` are not read.
 */
export const workloadShape: Shape = {
  name: 'workload',
  requiredKeys: ['schemaVersion', 'requestId', 'timestamp', 'status', 'headers'],
  recognise,
  read,
};

/** A field may be absent and the event still counts, so a marker and one more key are enough; or any three. */
function recognise(object: JsonObject): boolean {
  const markers = Number(object['schemaVersion'] !== undefined) + Number(object['headers'] !== undefined);
  const others =
    Number(object['requestId'] !== undefined) +
    Number(object['timestamp'] !== undefined) +
    Number(object['status'] !== undefined);
  return markers === 0 ? others === 3 : markers + others >= 2;
}

const noHeaders: JsonObject = Object.freeze({});

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const headers = object['headers'] ?? noHeaders;
  if (!isJsonObject(headers)) return malformed('bad headers');

  const ownId = object['requestId'];
  const requestId = readRequestId(isAbsent(ownId) ? headerId(headers) : ownId, missing);
  if (requestId === unreadable) return malformed('bad request id');
  const timeMs = readEventTime(object['timestamp']);
  if (timeMs === unreadable) return malformed('bad time');
  if (timeMs === undefined) missing.add('eventTime');
  const status = readStatus(object['status'], missing);
  if (status === unreadable) return malformed('bad status');

  const tokens = readUsage(object['usage'], missing);
  return {
    kind: 'event',
    event: {
      requestId,
      eventTimeMs: timeMs ?? enqueuedTimeMs,
      region: readRegion(firstHeaderValue(headerOf(headers, 'x-ms-region')), missing),
      deployment: readDimension(object['deployment'], 'deployment', missing),
      model: readDimension(object['model'], 'model', missing),
      consumer: readFirstDimension(
        {first: object['appId'], second: object['subscriptionId']},
        'consumer',
        missing,
      ),
      product: readDimension(object['productId'], 'product', missing),
      status,
      stream: readStream(object['stream'], missing),
      promptTokens: tokens.promptTokens,
      completionTokens: tokens.completionTokens,
      totalTokens: tokens.totalTokens,
      cachedTokens: tokens.cachedTokens,
      reasoningTokens: tokens.reasoningTokens,
      tokenSource: tokens.tokenSource,
      remainingRequests: readRemaining(
        firstHeaderValue(headerOf(headers, 'x-ratelimit-remaining-requests')),
        'remainingRequests',
        missing,
      ),
      remainingTokens: readRemaining(
        firstHeaderValue(headerOf(headers, 'x-ratelimit-remaining-tokens')),
        'remainingTokens',
        missing,
      ),
      shape: 'workload',
      missing: missing.list(),
    },
  };
}

/** A header that is no text only leaves the id absent: it is not where this shape has it. */
function headerId(headers: JsonObject): string | undefined {
  const value = lastHeaderValue(headerOf(headers, 'apim-request-id'));
  return typeof value === 'string' ? value : undefined;
}

function malformed(reason: DeadLetterReason): DecodedRecord {
  return {kind: 'malformed', reason, shape: 'workload'};
}
