import * as z from 'zod';
import {optionalSetting, setting} from './setting.ts';
import {count, duration} from './values.ts';

/** Without a value the sweep starts then: once the feed has had its time, or as soon as rows usually come. */
export const sweepAfterDefaultMs = {withFeed: 12 * 60_000, withoutFeed: 4 * 60_000} as const;

/** How long an event waits for its diagnostics. Ages count from the event's enqueued time. */
export const joinSettings = z.object({
  feedIntervalMs: setting(duration({min: '10ms', max: '10m', example: '15s'}), {
    fallback: '15s',
    about: 'Length of the slices that the feed reads.',
  }),
  settleMs: setting(duration({min: '0ms', max: '1h', example: '45s'}), {
    fallback: '45s',
    about: 'How long a slice is left to fill before the feed reads it.',
  }),
  sweepAfterMs: optionalSetting(duration({min: '0ms', max: '1d', example: '12m'}), {
    fallback: '`12m`; `4m` without the feed',
    about: 'Age at which an event that the feed has not answered is asked for by its id.',
  }),
  sweepIntervalMs: setting(duration({min: '10ms', max: '1d', example: '8m'}), {
    fallback: '8m',
    about: 'Time until the same event is asked for again.',
  }),
  deadlineMs: setting(duration({min: '10ms', max: '7d', example: '30m'}), {
    fallback: '30m',
    about: 'Age at which a last question decides; without an answer the event counts as unmatched.',
  }),
  waitMaxMs: setting(duration({min: '10ms', max: '20d', example: '12h'}), {
    fallback: '12h',
    about:
      'Age at which an event is settled as unmatched although Log Analytics could not be asked. Keep it below the hub’s retention.',
  }),
  mergeWaitMs: setting(duration({min: '0ms', max: '1h', example: '2m'}), {
    fallback: '2m',
    about: 'How long one half of a call that is told in two events waits for the other.',
  }),
  waitingMax: setting(count({min: 1, max: 100_000_000, example: '1000000'}), {
    fallback: '1000000',
    about: 'Events waiting for diagnostics, per worker; reading pauses at it.',
  }),
  rowsAheadMax: setting(count({min: 0, max: 10_000_000, example: '200000'}), {
    fallback: '200000',
    about: 'Diagnostics kept that came ahead of their event, per worker; the oldest go first.',
  }),
});
