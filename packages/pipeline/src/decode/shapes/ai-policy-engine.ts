import type {JsonObject} from '../shape.ts';
import {skippedShape} from '../skipped-shape.ts';

/**
 * What Azure-Samples/ai-policy-engine posts to its own service over HTTP, with the texts of the call. It was never meant for
 * an event hub; where somebody forwards it, the same calls come in the gateway's own events, too.
 */
export const aiPolicyEngineShape = skippedShape({
  name: 'ai-policy-engine',
  description: "Azure-Samples/ai-policy-engine's posts to its own service: not meant for a hub, skipped.",
  requiredKeys: ['tenantId', 'clientAppId', 'requestBody', 'responseBody', 'deploymentId'],
  recognise,
});

const ownKeys = [
  'clientAppId',
  'requestBody',
  'responseBody',
  'requestedDeploymentId',
  'routedDeployment',
  'routingPolicyId',
];

function recognise(object: JsonObject): boolean {
  let own = 0;
  for (const key of ownKeys) if (object[key] !== undefined && ++own === 2) return true;
  return false;
}
