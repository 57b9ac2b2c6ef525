import * as z from 'zod';
import {endpoint} from './endpoints.ts';
import {optionalSetting, setting} from './setting.ts';
import {count, countOrUnlimited, nameLike} from './values.ts';

const resourceName = {
  pattern: /^[^/\\?#\s](?:[^/\\?#\r\n]{0,253}[^/\\?#\s])?$/,
  bounds: 'without `/`, `\\`, `?`, `#`; 1 to 255',
};

/** Where the aggregates go. */
export const cosmosSettings = z.object({
  endpoint: optionalSetting(endpoint({path: 'refused', example: 'https://contoso.documents.azure.com'}), {
    variable: 'COSMOS_ENDPOINT',
    about: 'Endpoint of the account.',
    fallback: 'needed',
  }),
  key: optionalSetting(nameLike(/^\S{1,256}$/, {bounds: '1 to 256 characters', example: 'PRIMARY_KEY'}), {
    variable: 'COSMOS_KEY',
    secret: true,
    about: 'Account key; without it the Entra identity of the process is used.',
    fallback: 'Entra identity',
  }),
  database: setting(nameLike(resourceName.pattern, {bounds: resourceName.bounds, example: 'weir'}), {
    variable: 'COSMOS_DATABASE',
    fallback: 'weir',
    about: 'Database; it is made at start where the rights allow.',
  }),
  container: setting(nameLike(resourceName.pattern, {bounds: resourceName.bounds, example: 'aggregates'}), {
    variable: 'COSMOS_CONTAINER',
    fallback: 'aggregates',
    about: 'Container of the aggregate documents; `progress` stands beside it.',
  }),
  concurrency: setting(count({min: 1, max: 256, example: '16'}), {
    fallback: '16',
    about:
      'Requests under way at a time, per worker. An upper bound: throttling halves it, success lets it grow again.',
  }),
  requestUnitsPerSecond: setting(countOrUnlimited({min: 1, max: 10_000_000, example: '4000'}), {
    fallback: 'unlimited',
    about: 'Request units per second that this worker may use, where others share the container.',
  }),
});
