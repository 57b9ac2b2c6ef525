import {callTexts} from '../call-texts.ts';
import {readRecord} from '../event-record.ts';
import type {DecodedRecord, PartKind} from '../gateway-event.ts';
import {asHalf} from '../half-record.ts';
import {MissingFields} from '../missing-fields.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {flatTokens} from '../tokens.ts';

const name = 'enterprise-logging';

/**
 * Azure-Samples/openai-python-enterprise-logging: a Request and a Response event per call, which share `message-id`.
 * Counts are text. Operations other than chat and completions have neither texts nor, in part, a model or counts.
 * `modeltime` (the service's own ms), `backend`, `operation` and `apiId` are not read.
 */
export const enterpriseLoggingShape: Shape = {
  name,
  description: 'Azure-Samples/openai-python-enterprise-logging: a Request and a Response event per call.',
  tells: 'halves',
  lacks: [
    'requestId',
    'region',
    'deployment',
    'consumer',
    'status',
    'stream',
    'cachedTokens',
    'reasoningTokens',
    'remainingRequests',
    'remainingTokens',
  ],
  requiredKeys: ['event-type', 'event-time', 'message-id', 'operation', 'model'],
  recognise: (object) =>
    object['event-type'] !== undefined &&
    (object['message-id'] !== undefined || object['event-time'] !== undefined),
  read,
  texts: (object, event) =>
    callTexts(
      {prompt: object['messages'] ?? object['prompt'], completion: object['choices'] ?? object['response']},
      event,
    ),
};

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const tokens = flatTokens(object, missing);
  const record = readRecord(
    {time: object['event-time'], model: object['model'], product: object['productId'], tokens},
    {shape: name, enqueuedTimeMs, missing},
  );
  return asHalf(record, object['message-id'], kindOf(object['event-type']));
}

/** What says that it is neither a request nor an error counts alone: no call is lost by a name not known here. */
function kindOf(type: unknown): PartKind {
  const text = typeof type === 'string' ? type.trim().toLowerCase() : '';
  return text === 'request' || text === 'error' ? text : 'response';
}
