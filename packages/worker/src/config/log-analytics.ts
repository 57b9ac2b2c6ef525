import * as z from 'zod';
import {endpoint} from './endpoints.ts';
import {fromText, optionalSetting, setting, type Reading} from './setting.ts';
import {count} from './values.ts';

/** One query reaches at most 100 workspaces: https://learn.microsoft.com/azure/azure-monitor/logs/cross-workspace-query */
const workspacesMax = 100;

const workspaceIds = fromText(
  {
    bounds: `GUIDs with commas between, 1 to ${workspacesMax}`,
    example: '11111111-2222-3333-4444-555555555555',
  },
  (text): Reading<readonly string[]> => {
    const ids = [...new Set(text.split(',').map((id) => id.trim()))];
    if (ids.length > workspacesMax) return {problem: `names more than ${workspacesMax} workspaces`};
    return ids.every((id) => /^[A-Za-z0-9-]{1,64}$/.test(id))
      ? {value: ids}
      : {problem: 'is not a list of workspace ids'};
  },
);

/** Where the service's diagnostics are asked for. That ids are GUIDs is checked with the endpoint, in `relations.ts`. */
export const logAnalyticsSettings = z.object({
  workspaceIds: optionalSetting(workspaceIds, {
    variable: 'LOG_ANALYTICS_WORKSPACE_ID',
    about:
      'Workspace (customer) ids; several with commas between. On a loopback endpoint any name of letters, digits and `-`.',
    fallback: 'needed',
  }),
  endpoint: optionalSetting(endpoint({path: 'refused', example: 'https://api.loganalytics.io'}), {
    variable: 'LOG_ANALYTICS_ENDPOINT',
    about:
      'Query endpoint. A loopback one over http needs no credential; any other needs https and an Entra identity.',
    fallback: 'that of the cloud',
  }),
});

/** How hard Log Analytics may be asked. */
export const lookupSettings = z.object({
  concurrency: setting(count({min: 1, max: 32, example: '3'}), {
    fallback: '3',
    about:
      'Queries under way at a time, per worker. An upper bound: it adapts downwards when the service throttles.',
  }),
});
