import {malformed, readRecord} from '../event-record.ts';
import {isAbsent} from '../fields.ts';
import type {DecodedRecord} from '../gateway-event.ts';
import {headerOf, lastHeaderValue} from '../headers.ts';
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
  description:
    "One event per call with the response's headers as a map and the service's usage as it wrote it.",
  tells: 'calls',
  lacks: [],
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
  if (!isJsonObject(headers)) return malformed('bad headers', 'workload');

  const ownId = object['requestId'];
  const tokens = readUsage(object['usage'], missing);
  return readRecord(
    {
      requestId: isAbsent(ownId) ? headerId(headers) : ownId,
      time: object['timestamp'],
      status: object['status'],
      region: headerOf(headers, 'x-ms-region'),
      deployment: object['deployment'],
      model: object['model'],
      consumer: object['appId'],
      consumerElse: object['subscriptionId'],
      product: object['productId'],
      stream: object['stream'],
      tokens,
      remainingRequests: headerOf(headers, 'x-ratelimit-remaining-requests'),
      remainingTokens: headerOf(headers, 'x-ratelimit-remaining-tokens'),
    },
    {shape: 'workload', enqueuedTimeMs, missing},
  );
}

/** A header that is no text only leaves the id absent: it is not where this shape has it. */
function headerId(headers: JsonObject): string | undefined {
  const value = lastHeaderValue(headerOf(headers, 'apim-request-id'));
  return typeof value === 'string' ? value : undefined;
}
