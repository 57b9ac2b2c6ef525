import type {JsonObject} from '../shape.ts';
import {skippedShape} from '../skipped-shape.ts';
import {isAiHubUsage} from './ai-hub-usage.ts';

/**
 * What the same accelerator's Logic App writes about streams: sums of metrics over an hour, in the fields of a usage
 * record, told apart by their made-up ids. They are no calls and cannot be taken apart into some, so they are skipped.
 */
export const aiHubHourlyUsageShape = skippedShape({
  name: 'ai-hub-hourly-usage',
  description: "The ai-hub-gateway accelerator's sums over an hour of streams: no calls, skipped.",
  requiredKeys: ['id', 'targetService', 'responseTokens'],
  recognise: (object: JsonObject): boolean => isSum(object['id']) && isAiHubUsage(object),
});

function isSum(id: unknown): boolean {
  return typeof id === 'string' && (id.startsWith('streaming-') || id.startsWith('llm-'));
}
