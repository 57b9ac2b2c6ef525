import {callKey} from './call-key.ts';
import {malformed} from './event-record.ts';
import type {DecodedRecord, EventRecord, MalformedRecord, PartKind} from './gateway-event.ts';

/**
 * Marks an event as the part of a call that the shape's own id names. Without a usable id it stands alone: a request is
 * then `incomplete` at once, a response or error is all that is ever known of its call.
 */
export function asHalf(record: EventRecord | MalformedRecord, ownId: unknown, kind: PartKind): DecodedRecord {
  if (record.kind === 'malformed') return record;
  const {shape} = record.event;
  const key = callKey(shape, ownId);
  if (key !== undefined) return {kind: 'event', event: record.event, part: {key, kind}};
  return kind === 'request' ? malformed('incomplete', shape) : record;
}
