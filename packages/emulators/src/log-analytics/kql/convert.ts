import {
  datetimeText,
  longOf,
  parseDatetime,
  parseTimespan,
  timespanText,
  type Cell,
  type ColumnType,
} from './cells.ts';
import {dynamicJson} from './dynamic.ts';

export function isNumeric(type: ColumnType): boolean {
  return type === 'long' || type === 'int' || type === 'real';
}

/** `tostring()`: empty for null, all seven decimals for a datetime, JSON for a dynamic that is not plain text. */
export function textOf(value: Cell, type: ColumnType): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') {
    if (type === 'datetime') return datetimeText(value, 'full');
    return type === 'timespan' ? timespanText(value) : String(value);
  }
  return typeof value === 'object' ? dynamicJson(value) : String(value);
}

/** `tolong()`: numbers are cut at the point, text must be a whole number, anything else is null. */
export function wholeOf(value: Cell, type: ColumnType): Cell {
  if (type === 'datetime' || type === 'timespan') return typeof value === 'bigint' ? longOf(value) : null;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : null;
  return typeof value === 'string' && /^\s*[-+]?\d{1,19}\s*$/.test(value) ? longOf(BigInt(value)) : null;
}

/** `todouble()`: null for what is no number. */
export function realOf(value: Cell): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string' || value.trim() === '') return null;
  const parsed = Number(value);
  return Number.isNaN(parsed) ? null : parsed;
}

/** The value as `to` would hold it; null (or empty text) where it cannot. */
export function converted(value: Cell, {from, to}: {from: ColumnType; to: ColumnType}): Cell {
  if (from === to) return value;
  switch (to) {
    case 'string':
      return textOf(value, from);
    case 'long':
    case 'int':
      return wholeOf(value, from);
    case 'real':
      return realOf(value);
    case 'bool':
      if (typeof value === 'boolean') return value;
      if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
      return typeof value === 'number' ? value !== 0 : null;
    case 'datetime':
      return typeof value === 'string' ? (parseDatetime(value) ?? null) : null;
    case 'timespan':
      return typeof value === 'string' ? (parseTimespan(value) ?? null) : null;
    case 'dynamic':
      return value;
  }
}
