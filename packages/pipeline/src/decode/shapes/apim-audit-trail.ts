import {deploymentOfUrl} from '../deployment-url.ts';
import {readRecord} from '../event-record.ts';
import type {DecodedRecord, PartKind} from '../gateway-event.ts';
import {asHalf} from '../half-record.ts';
import {MissingFields} from '../missing-fields.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {reportedTokens} from '../tokens.ts';

const name = 'apim-audit-trail';

/**
 * adindabudi/azure-hybrid-ai-platform-workshop and policies made after it: an inbound, an outbound and on failure an
 * on-error event, which share `requestId`. That is API Management's own id of the call, which the service's diagnostics
 * never have. `tokensConsumed` is the total that the gateway counted for its limit; `tokensRemaining` is what that limit
 * leaves the caller, not the region's quota, and not read, nor are texts of errors and addresses of clients.
 */
export const apimAuditTrailShape: Shape = {
  name,
  description: 'azure-hybrid-ai-platform-workshop: inbound, outbound and on-error events of one call.',
  tells: 'halves',
  lacks: [
    'requestId',
    'region',
    'product',
    'stream',
    'cachedTokens',
    'reasoningTokens',
    'remainingRequests',
    'remainingTokens',
  ],
  requiredKeys: ['ts', 'requestId', 'subscription', 'statusCode', 'tokensConsumed'],
  recognise: (object) => kindOf(object) !== undefined,
  read,
};

const phases: ReadonlyMap<string, PartKind> = new Map([
  ['inbound', 'request'],
  ['outbound', 'response'],
  ['on-error', 'error'],
]);

/**
 * Undefined where the object is none of the three. Some policies name the phase; the workshop's own does not, and is told
 * by `ts` and what each phase knows. `section` is no phase of the event: it says where an error happened.
 */
function kindOf(object: JsonObject): PartKind | undefined {
  if (object['requestId'] === undefined) return undefined;
  const phase =
    object['phase'] ?? object['stage'] ?? object['event'] ?? object['eventType'] ?? object['type'];
  const named = typeof phase === 'string' ? phases.get(phase.toLowerCase()) : undefined;
  if (named !== undefined || object['ts'] === undefined) return named;
  if (object['level'] === 'ERROR' || object['policyId'] !== undefined) return 'error';
  if (object['statusCode'] !== undefined || object['tokensConsumed'] !== undefined) return 'response';
  return object['subscription'] !== undefined || object['url'] !== undefined ? 'request' : undefined;
}

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const tokens = reportedTokens(
    {
      prompt: object['promptTokens'],
      completion: object['completionTokens'],
      total: object['tokensConsumed'] ?? object['totalTokens'],
    },
    missing,
  );
  const record = readRecord(
    {
      time: object['ts'] ?? object['timestamp'],
      status: object['statusCode'],
      deployment: object['deployment'] ?? deploymentOfUrl(object['url']),
      model: object['model'],
      consumer: object['subscription'] === 'anon' ? undefined : object['subscription'],
      consumerElse: object['subscriptionId'],
      tokens,
    },
    {shape: name, enqueuedTimeMs, missing},
  );
  return asHalf(record, object['requestId'], kindOf(object) ?? 'response');
}
