import {eventFields, type JsonObject, type Shape} from '../shape.ts';

const name = 'ai-policy-engine';

/**
 * What Azure-Samples/ai-policy-engine posts to its own service over HTTP, with the texts of the call. It was never meant for
 * an event hub; where somebody forwards it, the same calls come in the gateway's own events, too.
 */
export const aiPolicyEngineShape: Shape = {
  name,
  description: "Azure-Samples/ai-policy-engine's posts to its own service: not meant for a hub, skipped.",
  tells: 'nothing',
  lacks: eventFields,
  requiredKeys: ['tenantId', 'clientAppId', 'requestBody', 'responseBody', 'deploymentId'],
  recognise,
  read: () => ({kind: 'skipped', shape: name}),
};

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
