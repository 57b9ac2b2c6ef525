import * as z from 'zod';
import {setting} from './setting.ts';
import {count, duration, size, trueOrFalse} from './values.ts';

/** Tokens of calls that tell their texts and no counts. */
export const tokensSettings = z.object({
  estimate: setting(trueOrFalse({example: 'true'}), {
    fallback: 'true',
    about:
      'Whether tokens are estimated where an event has the texts of its call and no counts; else they are unknown.',
  }),
  estimateWaitMs: setting(duration({min: '1ms', max: '10s', example: '200ms'}), {
    fallback: '200ms',
    about: 'How long events wait for their estimates; what is not counted by then is unknown.',
  }),
  estimateThreads: setting(count({min: 1, max: 16, example: '1'}), {
    fallback: '1',
    about:
      'Threads that count. One counts 0.3 million characters a second of Japanese, 0.5 of Russian, 11 of English.',
  }),
  estimateQueueBytesMax: setting(size({min: '1KiB', max: '256MiB', example: '4MiB'}), {
    fallback: '4MiB',
    about: 'Texts that wait to be counted, per worker; the tokens of what is more are unknown.',
  }),
});
