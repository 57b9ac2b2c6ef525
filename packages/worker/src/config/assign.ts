import * as z from 'zod';
import {setting} from './setting.ts';
import {duration, durationOrNone, oneOf} from './values.ts';

/** What happens to events whose own time is far from the time at which they were enqueued. */
export const assignSettings = z.object({
  earlyMaxMs: setting(duration({min: '0ms', max: '30d', example: '5m'}), {
    fallback: '5m',
    about: 'How far an event’s time may be ahead of its enqueued time.',
  }),
  lateMaxMs: setting(durationOrNone({min: '0ms', max: '3650d', example: '7d'}), {
    fallback: 'none',
    about:
      'How far an event’s time may be behind its enqueued time; `none`: as far as documents are retained.',
  }),
  policy: setting(oneOf('deadLetter', 'clamp'), {
    fallback: 'deadLetter',
    about: 'What happens beyond these limits: a dead letter, or the time is moved to the limit.',
  }),
});
