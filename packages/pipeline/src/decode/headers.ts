import {isAbsent} from './fields.ts';
import type {JsonObject} from './shape.ts';

/** A map with more names than this is searched no further; an HTTP response carries some tens. */
const headersMax = 1_000;

/** A header's value by its lower-case name, whatever the case in the map; the lower-case one counts before others. */
export function headerOf(map: JsonObject, name: string): unknown {
  const value = map[name];
  return value === undefined ? oddlyCasedHeaderOf(map, name) : value;
}

function oddlyCasedHeaderOf(map: JsonObject, name: string): unknown {
  let seen = 0;
  for (const key in map) {
    if (++seen > headersMax) return undefined;
    // Lengths first: lower-casing every name would cost more than the rest of the decoder.
    if (key.length === name.length && key.toLowerCase() === name && Object.hasOwn(map, key)) return map[key];
  }
  return undefined;
}

/** A longer text is not taken apart: no rate limit, region or id comes close, and pieces keep the whole in memory. */
const joinedLengthMax = 4_096;

/**
 * The first non-empty value of a header that is text, comma-joined text or an array of texts. Anything else is
 * returned as it is, for the field's reader to judge.
 */
export function firstHeaderValue(value: unknown): unknown {
  const whole = Array.isArray(value) ? value.find((item) => !isAbsent(item)) : value;
  return isJoined(whole) ? whole.split(',').find((item) => !isAbsent(item)) : whole;
}

/** The last non-empty value: of several ids, one per attempt behind the gateway, only the last one was answered. */
export function lastHeaderValue(value: unknown): unknown {
  const whole = Array.isArray(value) ? value.findLast((item) => !isAbsent(item)) : value;
  return isJoined(whole) ? whole.split(',').findLast((item) => !isAbsent(item)) : whole;
}

function isJoined(value: unknown): value is string {
  return typeof value === 'string' && value.length <= joinedLengthMax && value.includes(',');
}
