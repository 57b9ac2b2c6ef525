import type {MissingField, MissingFields} from './missing-fields.ts';

/**
 * Readers of single values, shared by the shapes. Absent is undefined, null or empty text. A value that is there but
 * cannot be used is named in `missing`, except for ids, times and statuses of a wrong kind: without these a record
 * cannot be told apart, placed in time or judged, so they are `unreadable` and the shape makes a dead letter.
 */
export const unreadable = Symbol('unreadable');
export type Unreadable = typeof unreadable;

/** A `CorrelationId` of the service is a GUID of 36; more than this is no id, and would not fit a lookup. */
const requestIdLengthMax = 128;
const requestIdPattern = /^[0-9A-Za-z-]{1,128}$/;

/** What gateways write for a header that was not sent. Taken for an id, all such events would be one. */
const placeholders: ReadonlySet<string> = new Set([
  'not-set',
  'na',
  'none',
  'null',
  'undefined',
  'unknown',
  '-',
]);
const placeholderLengthMax = 9;

/** Trimmed and lower-cased; text of other characters or lengths is missing, anything but text is unreadable. */
export function readRequestId(value: unknown, missing: MissingFields): string | undefined | Unreadable {
  if (typeof value === 'string') {
    const requestId = isNormalRequestId(value) ? value : normaliseRequestId(value);
    const isPlaceholder = requestId.length <= placeholderLengthMax && placeholders.has(requestId);
    if (requestId !== '' && !isPlaceholder) return requestId;
  } else if (value !== undefined && value !== null) return unreadable;
  missing.add('requestId');
  return undefined;
}

/** Empty when it cannot be one. */
function normaliseRequestId(text: string): string {
  if (text.length > requestIdLengthMax * 2) return '';
  const trimmed = text.trim();
  // Tested before lower-casing, which turns a few foreign letters into ASCII ones.
  return requestIdPattern.test(trimmed) ? trimmed.toLowerCase() : '';
}

function isNormalRequestId(text: string): boolean {
  const {length} = text;
  if (length === 0 || length > requestIdLengthMax) return false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    const fits = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d;
    if (!fits) return false;
  }
  return true;
}

/** 100 to 599 as a number or as text. */
export function readStatus(value: unknown, missing: MissingFields): number | undefined | Unreadable {
  if (isAbsent(value)) {
    missing.add('status');
    return undefined;
  }
  const status = typeof value === 'string' ? wholeNumber(value) : value;
  if (typeof status !== 'number' || !Number.isInteger(status)) return unreadable;
  return status >= 100 && status <= 599 ? status : unreadable;
}

/** A boolean, or its text in any case. */
export function readStream(value: unknown, missing: MissingFields): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (isAbsent(value)) return undefined;
  const text = typeof value === 'string' && value.length <= 16 ? value.trim().toLowerCase() : undefined;
  if (text === 'true') return true;
  if (text === 'false') return false;
  missing.add('stream');
  return undefined;
}

/** A whole number from 0 to 2^53 - 1, as a number or as its digits. */
export function readCount(value: unknown, field: MissingField, missing: MissingFields): number | undefined {
  if (isAbsent(value)) return undefined;
  const count = typeof value === 'string' ? wholeNumber(value) : value;
  // Adding 0 turns -0, which JSON can hold, into 0.
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count + 0;
  missing.add(field);
  return undefined;
}

/** Quota left: gateways write `-1` or `Not-Set` where the service sent no header, which is absent and no fault. */
export function readRemaining(
  value: unknown,
  field: MissingField,
  missing: MissingFields,
): number | undefined {
  if (value === -1 || (typeof value === 'string' && notSetPattern.test(value))) return undefined;
  return readCount(value, field, missing);
}

const notSetPattern = /^\s*(?:-1|not-set)\s*$/i;

export function isAbsent(value: unknown): value is undefined | null | string {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** Enough for every safe integer; a longer text is not worth a look. */
const digitsMax = 32;
const digitsPattern = /^\s*[0-9]+\s*$/;

/** NaN when the text is not made of digits. */
function wholeNumber(text: string): number {
  return text.length <= digitsMax && digitsPattern.test(text) ? Number(text) : Number.NaN;
}
