import assert from 'node:assert/strict';

import type {DecodedRecord} from './gateway-event.ts';
import type {Shape} from './shape.ts';
import {Unfolding} from './unfolding.ts';

export {recordsMax} from './unfolding.ts';
export {unpackedBytesMax} from './body-text.ts';
export {salvageBytesMin} from './salvage.ts';
export {builtInShapes} from './shapes/built-in.ts';
export {deadLetterReasons, describeMalformed} from './gateway-event.ts';
export type {
  DeadLetterReason,
  DecodedRecord,
  EventRecord,
  GatewayEvent,
  MalformedRecord,
  SkippedRecord,
  TokenSource,
} from './gateway-event.ts';
export type {JsonObject, Shape} from './shape.ts';

/** Bodies of events to records, without clock, I/O or exceptions. The same body always gives the same records. */
export interface Decoder {
  /**
   * At least one record and at most `recordsMax` + 1, in the body's order; an undecodable body is one malformed record.
   * Nothing of the body's bytes is kept. `enqueuedTimeMs` is the event time of records that have none.
   */
  decode(body: unknown, enqueuedTimeMs: number): readonly DecodedRecord[];
}

/** A decoder for these shapes; of two that recognise one object the earlier counts. */
export function createDecoder({shapes}: {shapes: readonly Shape[]}): Decoder {
  assert(shapes.length > 0, 'without a shape every record is a dead letter');
  return {
    decode(body, enqueuedTimeMs) {
      if (body === undefined || body === null) return empty;
      const unfolding = new Unfolding(shapes, enqueuedTimeMs);
      const isText = typeof body === 'string' || body instanceof Uint8Array;
      unfolding.value(body, isText ? asText : asValue);
      return unfolding.records;
    },
  };
}

const empty: readonly DecodedRecord[] = Object.freeze([{kind: 'malformed', reason: 'empty'} as const]);
const asText = {layer: 0, nesting: 0};
/** AMQP has already done what parsing does for a text. */
const asValue = {layer: 1, nesting: 0};
