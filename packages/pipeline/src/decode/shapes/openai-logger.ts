import {callKey} from '../call-key.ts';
import {callTexts} from '../call-texts.ts';
import {malformed, readRecord} from '../event-record.ts';
import type {CallTexts, DecodedRecord, GatewayEvent} from '../gateway-event.ts';
import {headerOf, lastHeaderValue} from '../headers.ts';
import {MissingFields} from '../missing-fields.ts';
import {isJsonObject} from '../shape.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {flatTokens} from '../tokens.ts';

const name = 'openai-logger';

/**
 * mattfeltonma/openai-logger, an nginx proxy that logs one event per call: header maps, the texts, flat token counts.
 *
 * The request id is the header `apim-request-id`. `message_guid` is no id of the call: on a status other than 200 the proxy
 * sends the previous call's guid, texts and counts again under the new headers, hence `tokensOf`.
 * `response_time` is in seconds and, like `client_ip` and `req_headers`, not read.
 */
export const openaiLoggerShape: Shape = {
  name,
  description: 'mattfeltonma/openai-logger: a logging proxy with header maps, texts and token counts.',
  tells: 'calls',
  lacks: ['eventTime', 'status', 'deployment', 'consumer', 'product', 'cachedTokens', 'reasoningTokens'],
  requiredKeys: ['Type', 'message_guid', 'resp_headers', 'prompt_tokens', 'completion_tokens'],
  recognise: (object) => object['Type'] === name,
  read,
  texts: (object: JsonObject, event: GatewayEvent): CallTexts | undefined =>
    callTexts({prompt: object['prompt'], completion: object['completion']}, event),
};

const noHeaders: JsonObject = Object.freeze({});

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const headers = object['resp_headers'] ?? noHeaders;
  if (!isJsonObject(headers)) return malformed('bad headers', name);
  const tokens = flatTokens(object, missing);
  const record = readRecord(
    {
      requestId: lastHeaderValue(headerOf(headers, 'apim-request-id')),
      region: headerOf(headers, 'x-ms-region'),
      model: object['model'],
      stream: object['streaming'],
      tokens,
      remainingRequests: headerOf(headers, 'x-ratelimit-remaining-requests'),
      remainingTokens: headerOf(headers, 'x-ratelimit-remaining-tokens'),
    },
    {shape: name, enqueuedTimeMs, missing},
  );
  const tokensOf = callKey(name, object['message_guid']);
  if (record.kind === 'malformed' || tokensOf === undefined) return record;
  return {...record, tokensOf};
}
