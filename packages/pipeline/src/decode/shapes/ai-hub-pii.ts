import {eventFields, type JsonObject, type Shape} from '../shape.ts';

const name = 'ai-hub-pii';

/**
 * The ai-hub-gateway accelerator's record of what it masked in a call; meant for another hub of the same namespace. It may
 * hold what was masked, so nothing of it is read.
 */
export const aiHubPiiShape: Shape = {
  name,
  description: "The ai-hub-gateway accelerator's records of masked personal data: no calls, skipped.",
  tells: 'nothing',
  lacks: eventFields,
  requiredKeys: ['id', 'type', 'entityCategories', 'mappings', 'deanonymization'],
  recognise: (object: JsonObject): boolean =>
    object['type'] === 'PII_Processing' ||
    (object['entityCategories'] !== undefined && object['deanonymization'] !== undefined),
  read: () => ({kind: 'skipped', shape: name}),
};
