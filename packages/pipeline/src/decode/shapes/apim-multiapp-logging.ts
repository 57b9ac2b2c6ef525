import {callTexts} from '../call-texts.ts';
import {deploymentOfUrl} from '../deployment-url.ts';
import {readRecord} from '../event-record.ts';
import type {DecodedRecord} from '../gateway-event.ts';
import {consumerOfKey} from '../key-hash.ts';
import {MissingFields} from '../missing-fields.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {noTokens} from '../tokens.ts';

const name = 'apim-multiapp-logging';

/**
 * blazekids4/apim-multiapp-logging: facts of the request alone. Inbound and outbound fragments write the same fields and no
 * id, so each event counts as a call. `subscriptionId` holds the subscription's key, which is hashed here. The headers
 * `Application-Name`, `Application-Number` and `Business-Unit` are the caller's own words and not read.
 */
export const apimMultiappLoggingShape: Shape = {
  name,
  description: 'blazekids4/apim-multiapp-logging: facts of the request alone; the key is hashed.',
  tells: 'calls',
  lacks: [
    'requestId',
    'region',
    'product',
    'status',
    'stream',
    'promptTokens',
    'completionTokens',
    'totalTokens',
    'cachedTokens',
    'reasoningTokens',
    'remainingRequests',
    'remainingTokens',
  ],
  requiredKeys: ['reqURL', 'subscriptionId', 'model', 'messages', 'Application-Name', 'timeStamp'],
  // One key is enough: an event that another shape reads would show the subscription's key.
  recognise: (object) =>
    object['reqURL'] !== undefined ||
    (object['timeStamp'] !== undefined && object['Application-Name'] !== undefined),
  read,
  texts: (object, event) => callTexts({prompt: object['messages']}, event),
};

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  return readRecord(
    {
      time: object['timeStamp'],
      deployment: deploymentOfUrl(object['reqURL']),
      model: object['model'],
      consumer: consumerOfKey(object['subscriptionId'], missing),
      tokens: noTokens,
    },
    {shape: name, enqueuedTimeMs, missing},
  );
}
