import {readRecord} from '../event-record.ts';
import type {DecodedRecord} from '../gateway-event.ts';
import {MissingFields} from '../missing-fields.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {noTokens, reportedTokens} from '../tokens.ts';
import type {Tokens} from '../tokens.ts';

const name = 'ai-hub-usage';

/**
 * The usage record of Azure-Samples/ai-hub-gateway-solution-accelerator: successful calls without streaming, also those of
 * its other AI services. `NA` is how it writes that there is nothing, in any field. `id` is the completion's id, which
 * joins with nothing; `gatewayRegion` is the gateway's own, the answering region is `routeLocation`. Columns that Stream
 * Analytics adds to its documents (`EventEnqueuedUtcTime`, …) are not read.
 */
export const aiHubUsageShape: Shape = {
  name,
  description: 'Azure-Samples/ai-hub-gateway-solution-accelerator: usage records of calls without streaming.',
  tells: 'calls',
  lacks: ['requestId', 'status', 'reasoningTokens', 'remainingRequests', 'remainingTokens'],
  requiredKeys: ['id', 'timestamp', 'productName', 'targetService', 'routeLocation', 'responseTokens'],
  recognise: isAiHubUsage,
  read,
};

/** Its own keys, two of them: one may be absent, and single ones are common words. */
export function isAiHubUsage(object: JsonObject): boolean {
  const hasTarget = object['targetService'] !== undefined;
  if (object['responseTokens'] !== undefined) {
    return hasTarget || object['productName'] !== undefined || object['routeLocation'] !== undefined;
  }
  return hasTarget && (object['routeLocation'] !== undefined || object['aiGatewayId'] !== undefined);
}

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const tokens = reportedTokens(
    {
      prompt: present(object['promptTokens']),
      completion: present(object['responseTokens']),
      total: present(object['totalTokens']),
      cached: present(object['cachedTokens']),
    },
    missing,
  );
  return readRecord(
    {
      time: present(object['timestamp']),
      region: present(object['routeLocation']),
      deployment: present(object['deploymentName']),
      model: present(object['model']),
      consumer: present(object['appId']),
      consumerElse: present(object['subscriptionId']),
      product: present(object['productName']),
      // Streams do not come this way: their sums over an hour are another shape.
      stream: false,
      tokens: isDefault(tokens) ? noTokens : tokens,
    },
    {shape: name, enqueuedTimeMs, missing},
  );
}

function present(value: unknown): unknown {
  return typeof value === 'string' && value.trim() === 'NA' ? undefined : value;
}

/** What the policy writes where the answer had no usage: 1, 0 and 1, which is no count of anything. */
function isDefault({promptTokens, completionTokens, totalTokens, cachedTokens}: Tokens): boolean {
  return promptTokens === 1 && completionTokens === 0 && totalTokens === 1 && (cachedTokens ?? 0) === 0;
}
