import {callTexts} from '../call-texts.ts';
import {readRecord} from '../event-record.ts';
import type {DecodedRecord} from '../gateway-event.ts';
import {mayBeObject, notJson, parseJson} from '../json-text.ts';
import {consumerOfKey} from '../key-hash.ts';
import {MissingFields} from '../missing-fields.ts';
import {isJsonObject} from '../shape.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {isSseText, modelOfSse, usageOfSse} from '../sse-text.ts';
import {readUsage, tokensFrom} from '../tokens.ts';

const name = 'apim-chargeback';

/**
 * microsoft/private-openai-with-apim-for-chargeback: the whole request and response as texts inside of the event; the
 * response is the stream's text where it was streamed. Earlier versions begin their names with a capital letter.
 * The caller's key stands in it as it is, and is hashed here.
 */
export const apimChargebackShape: Shape = {
  name,
  description:
    'microsoft/private-openai-with-apim-for-chargeback: request and response texts; the key is hashed.',
  tells: 'calls',
  lacks: ['requestId', 'region', 'deployment', 'product', 'status', 'remainingRequests', 'remainingTokens'],
  requiredKeys: ['eventTime', 'apiOperation', 'appSubscriptionKey', 'request', 'response'],
  recognise: (object) =>
    object['appSubscriptionKey'] !== undefined ||
    object['AppSubscriptionKey'] !== undefined ||
    (object['apiOperation'] !== undefined &&
      (object['request'] !== undefined || object['response'] !== undefined)),
  read,
  texts: (object, event) =>
    callTexts({request: either(object, 'request'), response: either(object, 'response')}, event),
};

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const response = either(object, 'response');
  const sse = typeof response === 'string' && isSseText(response) ? response : undefined;
  const answer = sse === undefined ? objectIn(response) : undefined;
  const tokens =
    sse === undefined
      ? readUsage(answer?.['usage'], missing)
      : tokensFrom('summed', readUsage(usageOfSse(sse), missing));
  return readRecord(
    {
      time: either(object, 'eventTime'),
      model: sse === undefined ? answer?.['model'] : modelOfSse(sse),
      consumer: consumerOfKey(either(object, 'appSubscriptionKey'), missing),
      stream: sse !== undefined || streamOf(either(object, 'request'), answer),
      tokens,
    },
    {shape: name, enqueuedTimeMs, missing},
  );
}

/** What the request asked for; where it does not say, an answer in one piece is none of a stream. */
function streamOf(request: unknown, answer: JsonObject | undefined): unknown {
  const isSilent = typeof request === 'string' && !request.includes('"stream"');
  const asked = isSilent ? undefined : objectIn(request)?.['stream'];
  return asked ?? (answer === undefined ? undefined : false);
}

/** A field by its name, or by its name of an earlier version. */
function either(object: JsonObject, field: string): unknown {
  return object[field] ?? object[field[0]!.toUpperCase() + field.slice(1)];
}

/** The object that a text or an object is; undefined for anything else, such as an error page. */
function objectIn(value: unknown): JsonObject | undefined {
  const isText = typeof value === 'string';
  if (isText && !mayBeObject(value)) return undefined;
  const parsed = isText ? parseJson(value) : value;
  return parsed !== notJson && isJsonObject(parsed) ? parsed : undefined;
}
