import {callTexts} from '../call-texts.ts';
import {readRecord} from '../event-record.ts';
import type {DecodedRecord} from '../gateway-event.ts';
import {asHalf} from '../half-record.ts';
import {MissingFields} from '../missing-fields.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {flatTokens} from '../tokens.ts';

const name = 'openai-apim-logging';

/**
 * mattfeltonma/azure-openai-apim: up to three events per call, of the request, the response and for chargeback, which share
 * `message-id` and do not say which one they are. Whatever tells an outcome is no request. Two tellings of one call's
 * counts are not added: merging takes one of them.
 * `modeltime` (the service's own ms), `response-time`, `operation` and `operationname` are not read.
 */
export const openaiApimLoggingShape: Shape = {
  name,
  description: 'mattfeltonma/azure-openai-apim: request, response and chargeback events of one call.',
  tells: 'halves',
  lacks: [
    'requestId',
    'region',
    'deployment',
    'product',
    'status',
    'stream',
    'cachedTokens',
    'reasoningTokens',
    'remainingRequests',
    'remainingTokens',
  ],
  requiredKeys: ['event-time', 'message-id', 'appid', 'operation', 'model'],
  recognise: (object) =>
    object['event-type'] === undefined &&
    (object['message-id'] === undefined
      ? object['event-time'] !== undefined && object['appid'] !== undefined
      : object['event-time'] !== undefined || object['appid'] !== undefined),
  read,
  texts: (object, event) =>
    callTexts(
      {
        prompt: object['messages'] ?? object['prompt'],
        completion: object['choices'] ?? object['response'],
      },
      event,
    ),
};

/** What only a response or a chargeback event has. */
const outcomeKeys = [
  'operation',
  'modeltime',
  'response',
  'response-time',
  'choices',
  'completion_tokens',
  'total_tokens',
];

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const tokens = flatTokens(object, missing);
  const record = readRecord(
    {time: object['event-time'], model: object['model'], consumer: object['appid'], tokens},
    {shape: name, enqueuedTimeMs, missing},
  );
  const tellsOutcome = outcomeKeys.some((key) => object[key] !== undefined);
  return asHalf(record, object['message-id'], tellsOutcome ? 'response' : 'request');
}
