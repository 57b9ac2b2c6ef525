import {connectionParts} from './endpoints.ts';
import type {Layer} from './layers.ts';
import type {Problem} from './problem.ts';

/** What no default can stand for. Looks at what was given, so that it is reported beside values that are wrong. */
export function missingSettings(given: Layer): Problem[] {
  const connection = given.get('eventHubs.connectionString')?.value;
  const entityPath =
    typeof connection === 'string' ? connectionParts(connection).get('entitypath') : undefined;
  const needs: readonly {readonly met: boolean; readonly text: string}[] = [
    {
      met: given.has('eventHubs.connectionString') || given.has('eventHubs.namespace'),
      text: 'EVENT_HUBS_CONNECTION_STRING is not set, nor is EVENT_HUBS_NAMESPACE, for example contoso.servicebus.windows.net.',
    },
    {
      met: given.has('eventHubs.hub') || entityPath !== undefined,
      text: 'EVENT_HUB_NAME is not set, and no EntityPath in the connection string names the hub, for example gateway-events.',
    },
    {
      met: given.has('storage.connectionString') || given.has('storage.accountUrl'),
      text: 'STORAGE_CONNECTION_STRING is not set, nor is STORAGE_ACCOUNT_URL, for example https://contoso.blob.core.windows.net.',
    },
    {
      met: given.has('logAnalytics.workspaceIds'),
      text: 'LOG_ANALYTICS_WORKSPACE_ID is not set, for example 11111111-2222-3333-4444-555555555555.',
    },
    {
      met: given.has('cosmos.endpoint'),
      text: 'COSMOS_ENDPOINT is not set, for example https://contoso.documents.azure.com.',
    },
  ];
  return needs.filter(({met}) => !met).map(({text}) => ({severity: 'missing', text}));
}
