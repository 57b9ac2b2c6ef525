import * as z from 'zod';
import {setting} from './setting.ts';
import {count, duration} from './values.ts';

/** How long a request id is remembered. */
export const dedupeSettings = z.object({
  horizonMs: setting(duration({min: '0ms', max: '7d', example: '5m'}), {
    fallback: '5m',
    about: 'A repeat within this much enqueued time counts once. A restart reads this far back.',
  }),
  idsMax: setting(count({min: 1, max: 200_000_000, example: '10000000'}), {
    fallback: '10000000',
    about: 'Ids remembered, per worker; the oldest go first, and a metric says so.',
  }),
});
