import {parseDatetime} from './kql/cells.ts';

/** Ticks since 1970; `TimeGenerated` must lie between them, both included. */
export interface TicksRange {
  readonly fromTicks: bigint;
  readonly upToTicks: bigint;
}

/**
 * Reads the request's `timespan`: `start/end`, `start/duration`, `duration/end` or a duration that ends now, all ISO
 * 8601. Absent or empty: no filter. Undefined if it cannot be read.
 */
export function parseTimespanArgument(text: string, nowTicks: bigint): TicksRange | 'unbounded' | undefined {
  if (text === '') return 'unbounded';
  const [first = '', second] = text.split('/');
  const start = parseDatetime(first);
  const duration = durationTicks(first);
  if (second === undefined) {
    return duration === undefined ? undefined : {fromTicks: nowTicks - duration, upToTicks: nowTicks};
  }
  const end = parseDatetime(second);
  const length = durationTicks(second);
  if (start !== undefined && end !== undefined) return {fromTicks: start, upToTicks: end};
  if (start !== undefined && length !== undefined) return {fromTicks: start, upToTicks: start + length};
  if (duration !== undefined && end !== undefined) return {fromTicks: end - duration, upToTicks: end};
  return undefined;
}

/** Weeks down to seconds; months and years have no fixed length and are not taken. */
function durationTicks(text: string): bigint | undefined {
  const match = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (match === null || text.length < 3) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((digits) => Number(digits ?? 0));
  const wholeDays = (weeks ?? 0) * 7 + (days ?? 0);
  const total = wholeDays * 86_400 + (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
  return BigInt(total) * 10_000_000n;
}
