import type {JsonObject} from '../shape.ts';
import {skippedShape} from '../skipped-shape.ts';

/**
 * The ai-hub-gateway accelerator's record of what it masked in a call; meant for another hub of the same namespace. It may
 * hold what was masked, so nothing of it is read.
 */
export const aiHubPiiShape = skippedShape({
  name: 'ai-hub-pii',
  description: "The ai-hub-gateway accelerator's records of masked personal data: no calls, skipped.",
  requiredKeys: ['id', 'type', 'entityCategories', 'mappings', 'deanonymization'],
  recognise: (object: JsonObject): boolean =>
    object['type'] === 'PII_Processing' ||
    (object['entityCategories'] !== undefined && object['deanonymization'] !== undefined),
});
