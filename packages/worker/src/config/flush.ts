import * as z from 'zod';
import {setting} from './setting.ts';
import {count, duration, durationOrNone, size} from './values.ts';

/** When decisions become commits. */
export const flushSettings = z.object({
  intervalMs: setting(duration({min: '10ms', max: '1h', example: '10s'}), {
    fallback: '10s',
    about:
      'At most this long between an event’s fold and its commit; all partitions of a worker on one tick.',
  }),
});

/** How often each grain's documents are written. */
export const refreshSettings = z.object({
  '5m': setting(duration({min: '0ms', max: '1d', example: '10s'}), {
    fallback: '10s',
    about: 'How often a document of the 5-minute grain is written at most.',
  }),
  '1h': setting(duration({min: '0ms', max: '1d', example: '1m'}), {
    fallback: '1m',
    about: 'How often a document of the hourly grain is written at most.',
  }),
  '1d': setting(duration({min: '0ms', max: '1d', example: '10m'}), {
    fallback: '10m',
    about: 'How often a document of the daily grain is written at most.',
  }),
});

/** How large a journal blob may become. */
export const commitSettings = z.object({
  bytesMax: setting(size({min: '1KiB', max: '256MiB', example: '8MiB'}), {
    fallback: '8MiB',
    about: 'Compressed size of a commit at which reading stops until it shrinks.',
  }),
});

/** Documents that Cosmos DB refuses for good. */
export const parkedSettings = z.object({
  documentsMax: setting(count({min: 1, max: 100_000, example: '1000'}), {
    fallback: '1000',
    about: 'Documents whose deltas are parked in the journal; at it the partition stops with a message.',
  }),
});

/** How long documents are kept, from their window's end. Cosmos DB counts in seconds of 32 bits, some 68 years. */
export const retentionSettings = z.object({
  '5m': setting(durationOrNone({min: '1s', max: '20000d', example: '30d'}), {
    fallback: '30d',
    about: 'How long documents of the 5-minute grain are kept after their window’s end; `none`: for ever.',
  }),
  '1h': setting(durationOrNone({min: '1s', max: '20000d', example: '400d'}), {
    fallback: '400d',
    about: 'How long documents of the hourly grain are kept after their window’s end; `none`: for ever.',
  }),
  '1d': setting(durationOrNone({min: '1s', max: '20000d', example: '3650d'}), {
    fallback: 'none',
    about: 'How long documents of the daily grain are kept after their window’s end; `none`: for ever.',
  }),
});
