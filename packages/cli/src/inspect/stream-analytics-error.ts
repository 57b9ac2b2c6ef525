import {timeOf} from '../option-values.ts';

/** What an error message of Azure Stream Analytics says about where the trouble is; absent parts are undefined. */
export interface ErrorPlace {
  readonly partition: string | undefined;
  readonly sequenceNumber: number | undefined;
  readonly offset: string | undefined;
  /** The earliest time in the message, ms. */
  readonly fromMs: number | undefined;
}

/**
 * Takes the place out of a pasted message, such as
 * `Source 'EventHub' had 76 occurrences of kind 'InputDeserializerError.InvalidData' between processing times '…' and '…'.
 * … Partition: [11], Offset: [86672449297304], SequenceNumber: [137530194] …`. Brackets, quotes and blanks may have
 * changed on the way through a ticket.
 * @returns undefined when it names no partition, or neither number, offset nor time
 */
export function readStreamAnalyticsError(message: string): ErrorPlace | undefined {
  const number = field(message, 'sequence ?number');
  const times = [...message.matchAll(isoTime)].map(([text]) => timeOf(withZone(text)));
  const known = times.filter((ms) => ms !== undefined);
  const place = {
    partition: field(message, 'partition(?: ?id)?'),
    sequenceNumber: number !== undefined && /^\d{1,15}$/.test(number) ? Number(number) : undefined,
    offset: field(message, 'offset'),
    fromMs: known.length === 0 ? undefined : Math.min(...known),
  };
  const hasStart = [place.sequenceNumber, place.offset, place.fromMs].some((value) => value !== undefined);
  return place.partition !== undefined && hasStart ? place : undefined;
}

const isoTime = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?(?:Z|[+-]\d{2}:\d{2})?/g;

function withZone(text: string): string {
  return /(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
}

/** `Name: [value]`, the value in brackets, quotes, or bare. */
function field(message: string, name: string): string | undefined {
  return new RegExp(`\\b${name}\\b\\s*[:=]\\s*[\\[("']*([A-Za-z0-9_:@-]{1,64})`, 'i').exec(message)?.[1];
}
