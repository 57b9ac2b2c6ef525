import {readRecord} from '../event-record.ts';
import type {DecodedRecord} from '../gateway-event.ts';
import {MissingFields} from '../missing-fields.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {reportedTokens} from '../tokens.ts';

const name = 'genai-toolkit';

/**
 * Azure-Samples/apim-genai-gateway-toolkit, and apim-landing-zone-accelerator likewise: the total alone, as text, of calls
 * without streaming. `RequestId` is API Management's own id of the call, which the service's diagnostics never have.
 */
export const genaiToolkitShape: Shape = {
  name,
  description:
    'apim-genai-gateway-toolkit, apim-landing-zone-accelerator: total tokens of calls without streaming.',
  tells: 'calls',
  lacks: [
    'requestId',
    'region',
    'deployment',
    'model',
    'product',
    'status',
    'promptTokens',
    'completionTokens',
    'cachedTokens',
    'reasoningTokens',
    'remainingRequests',
    'remainingTokens',
  ],
  requiredKeys: ['Type', 'EventTime', 'ServiceName', 'RequestId', 'SubscriptionId', 'TotalTokens'],
  recognise,
  read,
};

function recognise(object: JsonObject): boolean {
  const hasTokens = object['TotalTokens'] !== undefined;
  if (object['Type'] !== 'Message') return hasTokens && object['EventTime'] !== undefined;
  return hasTokens || object['EventTime'] !== undefined || object['ServiceName'] !== undefined;
}

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const tokens = reportedTokens({total: object['TotalTokens']}, missing);
  return readRecord(
    {time: object['EventTime'], consumer: object['SubscriptionId'], stream: false, tokens},
    {shape: name, enqueuedTimeMs, missing},
  );
}
