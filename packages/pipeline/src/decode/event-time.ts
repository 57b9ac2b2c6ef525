import {isAbsent, unreadable} from './fields.ts';
import type {Unreadable} from './fields.ts';

/**
 * Event times as gateways write them. Text without a zone is UTC, because that is what the public producers mean by
 * it; dates with slashes are in US order (month first), which is .NET's default culture text.
 */

/** Years 2000 to 2200. Outside of them a number has the wrong unit, or a clock was never set. */
const timeMinMs = Date.UTC(2000, 0, 1);
const timeEndMs = Date.UTC(2201, 0, 1);

/** In that range seconds are below 7.3e9 and milliseconds above 9.4e11: anything between them decides the unit. */
const epochUnitBorder = 1e11;

/** The longest accepted form has 33 characters; room for wide spaces, and a bound for the patterns. */
const textLengthMax = 48;

/** From no decimals and no zone to 9 decimals and `Z`. */
const fixedLengthMin = 19;
const fixedLengthMax = 30;

/** Ms since the epoch, truncated; undefined when absent. Impossible dates and years outside 2000..2200 are unreadable. */
export function readEventTime(value: unknown): number | undefined | Unreadable {
  if (typeof value === 'string') {
    const isFixedLength = value.length >= fixedLengthMin && value.length <= fixedLengthMax;
    const fixedMs = isFixedLength ? parseFixedIso(value) : Number.NaN;
    if (!Number.isNaN(fixedMs)) return fixedMs;
    if (isAbsent(value)) return undefined;
    return inRange(parseText(value));
  }
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return inRange(epochMs(value));
  // AMQP has a timestamp type of its own.
  return value instanceof Date ? inRange(value.getTime()) : unreadable;
}

function inRange(timeMs: number): number | Unreadable {
  return timeMs >= timeMinMs && timeMs < timeEndMs ? Math.floor(timeMs) : unreadable;
}

function epochMs(value: number): number {
  return value < epochUnitBorder ? value * 1_000 : value;
}

/**
 * `YYYY-MM-DDTHH:MM:SS` with up to 9 decimals and with or without `Z`, the forms that nearly every event has. NaN for
 * anything else, which the patterns then judge.
 */
function parseFixedIso(text: string): number {
  const isFixed =
    text.charCodeAt(4) === 0x2d &&
    text.charCodeAt(7) === 0x2d &&
    text.charCodeAt(10) === 0x54 &&
    text.charCodeAt(13) === 0x3a &&
    text.charCodeAt(16) === 0x3a;
  if (!isFixed) return Number.NaN;
  const century = twoDigits(text, 0);
  const yearOfCentury = twoDigits(text, 2);
  const ms = decimalsMs(text);
  if (century < 20 || yearOfCentury < 0 || ms < 0) return Number.NaN;
  const timeMs = calendarMs(
    century * 100 + yearOfCentury,
    twoDigits(text, 5),
    twoDigits(text, 8),
    twoDigits(text, 11),
    twoDigits(text, 14),
    twoDigits(text, 17),
    ms,
  );
  return timeMs < timeEndMs ? timeMs : Number.NaN;
}

const secondsEnd = 19;

/** The ms that a fixed form's decimals make, truncated; -1 where something else stands there. */
function decimalsMs(text: string): number {
  const {length} = text;
  const end = text.charCodeAt(length - 1) === 0x5a ? length - 1 : length;
  if (end === secondsEnd) return 0;
  if (end < secondsEnd + 2 || text.charCodeAt(secondsEnd) !== 0x2e) return -1;
  let ms = 0;
  let weight = 100;
  for (let at = secondsEnd + 1; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    ms += digit * weight;
    weight = weight === 1 ? 0 : weight / 10;
  }
  return ms;
}

/** -1 where there are no two digits, which no part of a date allows. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Positional for speed. NaN for a date or time of day that does not exist; leap seconds are taken as not existing. */
function calendarMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
): number {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return Number.NaN;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return Number.NaN;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

const isoPattern =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?$/;
// .NET on newer ICU writes U+202F before AM and PM, which \s covers.
const usPattern =
  /^(\d{1,2})\/(\d{1,2})\/(\d{4}),?\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:\s*([AaPp])[Mm])?$/;
const epochPattern = /^\d{9,13}(?:\.\d{1,9})?$/;

function parseText(raw: string): number {
  if (raw.length > textLengthMax) return Number.NaN;
  const text = raw.trim();
  const iso = isoPattern.exec(text);
  if (iso !== null) return parseIso(iso);
  const us = usPattern.exec(text);
  if (us !== null) return parseUs(us);
  return epochPattern.test(text) ? epochMs(Number(text)) : Number.NaN;
}

function parseIso(parts: readonly (string | undefined)[]): number {
  const [, year, month, day, hour, minute, second, fraction, , sign, offsetHours, offsetMinutes] = parts;
  const localMs = calendarMs(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second ?? 0),
    fractionMs(fraction),
  );
  if (sign === undefined) return localMs;
  const hours = Number(offsetHours);
  const minutes = Number(offsetMinutes ?? 0);
  // The widest offset in use is +14:00.
  if (hours > 14 || minutes > 59) return Number.NaN;
  const offsetMs = (hours * 60 + minutes) * 60_000;
  return sign === '-' ? localMs + offsetMs : localMs - offsetMs;
}

function parseUs(parts: readonly (string | undefined)[]): number {
  const [, month, day, year, hourText, minute, second, fraction, meridiem] = parts;
  let hour = Number(hourText);
  if (meridiem !== undefined) {
    if (hour < 1 || hour > 12) return Number.NaN;
    hour = (hour % 12) + (meridiem.toLowerCase() === 'p' ? 12 : 0);
  }
  return calendarMs(
    Number(year),
    Number(month),
    Number(day),
    hour,
    Number(minute),
    Number(second ?? 0),
    fractionMs(fraction),
  );
}

function fractionMs(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.padEnd(3, '0').slice(0, 3));
}
