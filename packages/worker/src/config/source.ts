import * as z from 'zod';
import {fromText, setting, type Reading} from './setting.ts';
import {count, duration, size} from './values.ts';

/** Where reading begins on a partition that has no journal. */
export type StartPosition = 'earliest' | 'latest' | {readonly enqueuedAfterMs: number};

const startPosition = fromText(
  {bounds: 'earliest, latest, or a time in ISO 8601 with its zone', example: '2024-05-17T13:15:00Z'},
  (text): Reading<StartPosition> => {
    if (text === 'earliest' || text === 'latest') return {value: text};
    const [, day] =
      /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.exec(text) ?? [];
    const enqueuedAfterMs = Date.parse(text);
    // Date.parse takes 30 February for 1 March; the day alone, read back, does not.
    const dayMs = day === undefined ? NaN : Date.parse(`${day}T00:00:00Z`);
    const exists = !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(day ?? '');
    return exists && !Number.isNaN(enqueuedAfterMs) ? {value: {enqueuedAfterMs}} : {problem: 'is not a time'};
  },
);

/** What is read, and how much of it may be in memory. */
export const sourceSettings = z.object({
  startPosition: setting(startPosition, {
    fallback: 'earliest',
    about: 'Where reading begins; only where there is no journal yet.',
  }),
  inFlightEventsMax: setting(count({min: 1, max: 10_000_000, example: '50000'}), {
    fallback: '50000',
    about: 'Events received and not yet folded, per worker; reading pauses at it.',
  }),
  inFlightBytesMax: setting(size({min: '64KiB', max: '64GiB', example: '256MiB'}), {
    fallback: '256MiB',
    about: 'Bytes received and not yet folded, per worker; reading pauses at it.',
  }),
});

/** How partitions are shared among workers. */
export const ownershipSettings = z.object({
  intervalMs: setting(duration({min: '10ms', max: '10m', example: '10s'}), {
    fallback: '10s',
    about: 'How often ownership is renewed and balanced.',
  }),
  expiryMs: setting(duration({min: '20ms', max: '1h', example: '60s'}), {
    fallback: '60s',
    about: 'A partition whose owner has not renewed for so long may be claimed. At least twice the interval.',
  }),
});
