import {eventFields, type JsonObject, type Shape} from '../shape.ts';
import {isAiHubUsage} from './ai-hub-usage.ts';

const name = 'ai-hub-hourly-usage';

/**
 * What the same accelerator's Logic App writes about streams: sums of metrics over an hour, in the fields of a usage
 * record, told apart by their made-up ids. They are no calls and cannot be taken apart into some, so they are skipped.
 */
export const aiHubHourlyUsageShape: Shape = {
  name,
  description: "The ai-hub-gateway accelerator's sums over an hour of streams: no calls, skipped.",
  tells: 'nothing',
  lacks: eventFields,
  requiredKeys: ['id', 'targetService', 'responseTokens'],
  recognise: (object: JsonObject): boolean => isSum(object['id']) && isAiHubUsage(object),
  read: () => ({kind: 'skipped', shape: name}),
};

function isSum(id: unknown): boolean {
  return typeof id === 'string' && (id.startsWith('streaming-') || id.startsWith('llm-'));
}
