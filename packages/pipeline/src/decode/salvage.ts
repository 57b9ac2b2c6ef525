import type {DecodedRecord} from './gateway-event.ts';
import {closestShape, findShape} from './shape.ts';
import type {JsonObject, Shape} from './shape.ts';
import {noTokens} from './tokens.ts';

/**
 * API Management cuts messages at 200 KB instead of refusing them. A torn text of at least this many bytes is taken
 * for such a one and saved; a shorter one was broken in another way, and what is left of it proves nothing.
 * https://learn.microsoft.com/azure/api-management/api-management-howto-log-event-hubs
 */
export const salvageBytesMin = 199_000;

/**
 * The event that this object is the beginning of; it counts when its id or its region stood before the tear, or the
 * shape's own id that brings it together with the call's other half. Its tokens are unknown even where some could be read:
 * what is there need not be the whole call's.
 */
export function salvage(
  {object, enqueuedTimeMs}: {object: JsonObject; enqueuedTimeMs: number},
  shapes: readonly Shape[],
): DecodedRecord {
  const shape = findShape(shapes, object) ?? closestShape(shapes, object)?.shape;
  if (shape === undefined) return {kind: 'malformed', reason: 'truncated'};
  const record = shape.read(object, enqueuedTimeMs);
  if (record.kind === 'skipped') return record;
  if (record.kind === 'event') {
    const {event, part} = record;
    if (event.requestId !== undefined || event.region !== 'unknown' || part !== undefined) {
      return {...record, event: {...event, ...noTokens, missing: [...event.missing, 'truncated']}};
    }
  }
  return {kind: 'malformed', reason: 'truncated', shape: shape.name};
}
