/** The scalar types that occur; `int` is only ever the outcome of a conversion. */
export type ColumnType = 'string' | 'long' | 'int' | 'real' | 'bool' | 'datetime' | 'timespan' | 'dynamic';

/**
 * One value. Datetimes are ticks (100 ns) since 1970 and timespans are ticks, both as bigint; a long is a number while
 * that is exact and a bigint beyond; a dynamic is what its JSON says. Missing text is empty, everything else is null.
 */
export type Cell = string | number | bigint | boolean | null | object;

/** Cells in the order of the columns that go with them; a stored row may be shorter than its table is wide by now. */
export type Row = readonly Cell[];

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

export const ticksPerMs = 10_000n;
const ticksPerSecond = 1000n * ticksPerMs;
/** Ticks from 0001-01-01 to 1970-01-01: bins of a datetime are aligned to the former. */
export const ticksBeforeEpoch = 621_355_968_000_000_000n;

/** A long in its one representation. */
export function longOf(value: bigint): number | bigint {
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
}

/** Ticks since 1970 of an ISO 8601 text with up to 7 decimals; without a zone it is UTC. Undefined if it is none. */
export function parseDatetime(text: string): bigint | undefined {
  const match = datetimePattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || Number(hour) > 23 || Number(minute) > 59) return undefined;
  const zoneMinutes = zone.length < 6 ? 0 : Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  const minutes = Number(hour) * 60 + Number(minute) - (zone.startsWith('-') ? -zoneMinutes : zoneMinutes);
  const seconds = date.getTime() / 1000 + minutes * 60 + Number(second);
  return BigInt(seconds) * ticksPerSecond + BigInt(fraction.padEnd(7, '0'));
}

const datetimePattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?(Z|z|[-+]\d{2}:\d{2})?$/;

/** With 7 decimals, as `tostring()` writes it; `trimmed` drops their trailing zeros, as the service's answers do. */
export function datetimeText(ticks: bigint, decimals: 'full' | 'trimmed'): string {
  let ms = ticks / ticksPerMs;
  if (ticks % ticksPerMs < 0n) ms -= 1n;
  const iso = new Date(Number(ms)).toISOString().slice(0, -1);
  const full = iso + String(Number(ticks - ms * ticksPerMs)).padStart(4, '0');
  return `${decimals === 'full' ? full : full.replace(/\.?0+$/, '')}Z`;
}

/** Ticks of `1d`, `2.5h`, `3ms`, `1.02:03:04.5` or `00:10:00`. Undefined if it is none. */
export function parseTimespan(text: string): bigint | undefined {
  const unit = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text);
  if (unit !== null) {
    const ticks = unitTicks(unit[2] ?? '');
    return ticks === undefined ? undefined : BigInt(Math.round(Number(unit[1]) * ticks));
  }
  const clock = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$/.exec(text);
  if (clock === null) return undefined;
  const [, sign, days = '0', hours, minutes, seconds = '0', fraction = ''] = clock;
  const whole = Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const ticks = BigInt(whole) * ticksPerSecond + BigInt(fraction.padEnd(7, '0'));
  return sign === undefined ? ticks : -ticks;
}

function unitTicks(unit: string): number | undefined {
  if (/^ticks?$/.test(unit)) return 1;
  if (/^microseconds?$/.test(unit)) return 10;
  if (/^(ms|milliseconds?)$/.test(unit)) return 10_000;
  if (/^(s|seconds?)$/.test(unit)) return 10_000_000;
  if (/^(m|minutes?)$/.test(unit)) return 600_000_000;
  if (/^(h|hours?)$/.test(unit)) return 36_000_000_000;
  return /^(d|days?)$/.test(unit) ? 864_000_000_000 : undefined;
}

/** `[-][d.]hh:mm:ss[.fffffff]`. */
export function timespanText(ticks: bigint): string {
  const absolute = ticks < 0n ? -ticks : ticks;
  const seconds = Number(absolute / ticksPerSecond);
  const fraction = absolute % ticksPerSecond;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const days = seconds < 86_400 ? '' : `${Math.floor(seconds / 86_400)}.`;
  const clock = `${two((seconds % 86_400) / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  return `${ticks < 0n ? '-' : ''}${days}${clock}${fraction === 0n ? '' : `.${String(fraction).padStart(7, '0')}`}`;
}
