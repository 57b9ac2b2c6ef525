import * as z from 'zod';
import {setting} from './setting.ts';
import {count, nameLike, oneOf} from './values.ts';

/** Where health, metrics and the status page are served. */
export const httpSettings = z.object({
  host: setting(
    nameLike(/^[A-Za-z0-9:.-]{1,253}$/, {bounds: 'an address or host name', example: '127.0.0.1'}),
    {
      fallback: '127.0.0.1',
      about: 'Address to listen on; the image sets `0.0.0.0`. There is no login: do not publish it.',
    },
  ),
  port: setting(count({min: 0, max: 65_535, example: '8080'}), {
    fallback: '8080',
    about: 'Port of health, metrics and the status page; 0 takes a free one.',
  }),
});

export const logSettings = z.object({
  level: setting(oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), {
    fallback: 'info',
    about: 'Lines below this level are not written. Steady state is quiet at `info`.',
  }),
});

export const azureCloudSetting = setting(oneOf('public', 'usgov', 'china'), {
  variable: 'AZURE_CLOUD',
  fallback: 'public',
  about: 'Azure cloud, for host names and token audiences.',
});

/** How many logical partitions one partition key of a view is spread over. */
export const shards = count({min: 1, max: 100, example: '1'});

export const shardsSetting = setting(shards, {
  fallback: '1',
  about:
    'Logical partitions per partition key, for views that do not say; more where 10,000 RU/s are not enough.',
});
