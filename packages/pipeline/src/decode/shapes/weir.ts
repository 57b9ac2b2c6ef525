import {readRecord} from '../event-record.ts';
import type {DecodedRecord} from '../gateway-event.ts';
import {lastHeaderValue} from '../headers.ts';
import {MissingFields} from '../missing-fields.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {reportedTokens} from '../tokens.ts';

/**
 * Weir's own shape, version 1, as the API Management policy fragment emits it: one flat object, one event per call.
 * Values that the policy copies from headers may be text, several values of one header joined by commas.
 *
 * | Field | Type | Meaning |
 * |---|---|---|
 * | `weirSchema` | number | version of this shape, 1 |
 * | `apimRequestId` | text | response header `apim-request-id`, the join key; of several the last |
 * | `gatewayRequestId` | text | the gateway's own id of the call; not read: it joins with nothing |
 * | `timestamp` | ISO 8601, Z | when the gateway received the request = event time |
 * | `statusCode` | number | what the caller got, 100 to 599 |
 * | `region` | text | response header `x-ms-region`, the region that answered |
 * | `backendId`, `attempt` | text, number | the last backend tried and how many were; not read |
 * | `subscriptionId`, `productId`, `appId` | text | who called; `consumer` is the app, else the subscription |
 * | `deployment`, `model`, `operation` | text | what was called; the operation is not read |
 * | `stream` | boolean | whether the caller asked for a stream |
 * | `promptTokens`, `completionTokens`, `totalTokens`, `cachedTokens`, `reasoningTokens` | number | the service's usage; absent where the answer had none |
 * | `remainingRequests`, `remainingTokens` | number or text | `x-ratelimit-remaining-*` |
 * | `retryAfter`, `gatewayMs`, `backendMs` | number or text, ms | for people who read the events; not read |
 */
export const weirShape: Shape = {
  name: 'weir',
  description: "Weir's own flat shape, as its API Management policy fragment emits it.",
  tells: 'calls',
  lacks: [],
  requiredKeys: ['weirSchema', 'apimRequestId', 'timestamp', 'statusCode', 'region'],
  recognise: (object) => object['weirSchema'] !== undefined || object['apimRequestId'] !== undefined,
  read,
};

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const tokens = reportedTokens(
    {
      prompt: object['promptTokens'],
      completion: object['completionTokens'],
      total: object['totalTokens'],
      cached: object['cachedTokens'],
      reasoning: object['reasoningTokens'],
    },
    missing,
  );
  return readRecord(
    {
      requestId: lastHeaderValue(object['apimRequestId']),
      time: object['timestamp'],
      status: object['statusCode'],
      region: object['region'],
      deployment: object['deployment'],
      model: object['model'],
      consumer: object['appId'],
      consumerElse: object['subscriptionId'],
      product: object['productId'],
      stream: object['stream'],
      tokens,
      remainingRequests: object['remainingRequests'],
      remainingTokens: object['remainingTokens'],
    },
    {shape: 'weir', enqueuedTimeMs, missing},
  );
}
