import {malformed, readRecord} from '../event-record.ts';
import type {DecodedRecord} from '../gateway-event.ts';
import {headerOf, lastHeaderValue} from '../headers.ts';
import {MissingFields} from '../missing-fields.ts';
import {isJsonObject} from '../shape.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {reportedTokens, tokensFrom} from '../tokens.ts';

const name = 'openai-log-helper-proxy';

/**
 * scallighan/openai-log-helper-proxy: header maps and one number, `num_tokens`, the completion's. The proxy counts it with
 * one tokenizer for all models, so it is an estimate, and the prompt's count and hence the total are not known.
 */
export const openaiLogHelperProxyShape: Shape = {
  name,
  description: 'scallighan/openai-log-helper-proxy: header maps and an estimated completion count.',
  tells: 'calls',
  lacks: [
    'eventTime',
    'deployment',
    'model',
    'consumer',
    'product',
    'status',
    'stream',
    'promptTokens',
    'totalTokens',
    'cachedTokens',
    'reasoningTokens',
  ],
  requiredKeys: ['Type', 'resp_headers', 'body_content', 'num_tokens'],
  recognise: (object) => object['Type'] === name,
  read,
};

const noHeaders: JsonObject = Object.freeze({});

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const headers = object['resp_headers'] ?? noHeaders;
  if (!isJsonObject(headers)) return malformed('bad headers', name);
  const tokens = tokensFrom('estimated', reportedTokens({completion: object['num_tokens']}, missing));
  return readRecord(
    {
      requestId: lastHeaderValue(headerOf(headers, 'apim-request-id')),
      region: headerOf(headers, 'x-ms-region'),
      tokens,
      remainingRequests: headerOf(headers, 'x-ratelimit-remaining-requests'),
      remainingTokens: headerOf(headers, 'x-ratelimit-remaining-tokens'),
    },
    {shape: name, enqueuedTimeMs, missing},
  );
}
