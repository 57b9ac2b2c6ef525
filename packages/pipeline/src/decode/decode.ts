import assert from 'node:assert/strict';

import type {DecodedRecord} from './gateway-event.ts';
import {isCertainlyLines, notJson, parseJson} from './json-text.ts';
import {ObjectReader} from './object-reader.ts';
import {isJsonObject, type Shape, type TextShape} from './shape.ts';
import {Unfolding} from './unfolding.ts';

export {recordsMax} from './unfolding.ts';
export {unpackedBytesMax} from './body-text.ts';
export {salvageBytesMin} from './salvage.ts';
export {bodyOfLine} from './body-of-line.ts';
export {builtInShapes} from './shapes/built-in.ts';
export {apimCommaJoinedShape} from './shapes/apim-comma-joined.ts';
export {
  describeDecoded,
  type DecodedLine,
  type DescribedEvent,
  type DescribedRecord,
} from './describe-decoded.ts';
export {deadLetterReasons, describeMalformed} from './gateway-event.ts';
export type {
  CallTexts,
  ChatMessage,
  DeadLetterReason,
  DecodedRecord,
  EventRecord,
  GatewayEvent,
  MalformedRecord,
  Part,
  PartKind,
  SkippedRecord,
  TextCounts,
  TokenSource,
} from './gateway-event.ts';
export {withEstimate} from './call-texts-estimate.ts';
export {missingCosts} from './missing-costs.ts';
export {mergeHalves, withoutTokens} from './merge-halves.ts';
export {shapeFromDefinition, type DefinitionProblem, type ShapeFromDefinition} from './shape-definition.ts';
export {
  eventFields,
  type EventField,
  type JsonObject,
  type Shape,
  type ShapeFacts,
  type TextShape,
} from './shape.ts';

/** Bodies of events to records, without clock, I/O or exceptions. The same body always gives the same records. */
export interface Decoder {
  /**
   * At least one record and at most `recordsMax` + 1, in the body's order; an undecodable body is one malformed record.
   * Nothing of the body's bytes is kept. `enqueuedTimeMs` is the event time of records that have none.
   */
  decode(body: unknown, enqueuedTimeMs: number): readonly DecodedRecord[];
}

export interface DecoderOptions {
  readonly shapes: readonly Shape[];
  /** Shapes of bodies that are no JSON; none by default, and such bodies are then dead letters. */
  readonly textShapes?: readonly TextShape[];
  /**
   * Whether events of unknown tokens that may be estimated carry what was said in the call, in memory only; `ignored` by
   * default.
   */
  readonly texts?: 'ignored' | 'kept';
}

/** A decoder for these shapes; of two that recognise one object the earlier counts. */
export function createDecoder({shapes, textShapes = [], texts = 'ignored'}: DecoderOptions): Decoder {
  assert(shapes.length > 0, 'without a shape every record is a dead letter');
  const reader = new ObjectReader({shapes, textShapes, texts});
  return {
    decode(body, enqueuedTimeMs) {
      if (body === undefined || body === null) return empty;
      const single = body instanceof Uint8Array ? decodeSingle(reader, body, enqueuedTimeMs) : undefined;
      if (single !== undefined) return [single];
      const unfolding = new Unfolding(reader, enqueuedTimeMs);
      const isText = typeof body === 'string' || body instanceof Uint8Array;
      unfolding.value(body, isText ? asText : asValue);
      return unfolding.records;
    },
  };
}

const openingBrace = 0x7b;
const replacementCharacter = '\ufffd';

/**
 * The record of bytes that hold one JSON object of a known shape, as nearly all do, without the bookkeeping that other
 * bodies need. Undefined for everything else, however little it differs: `Unfolding` then decides from the start.
 */
function decodeSingle(
  reader: ObjectReader,
  bytes: Uint8Array,
  enqueuedTimeMs: number,
): DecodedRecord | undefined {
  if (bytes[0] !== openingBrace) return undefined; // gzip and byte order marks go here, too
  const text = Buffer.isBuffer(bytes) ? bytes.toString('utf8') : Buffer.from(bytes).toString('utf8');
  if (text.includes(replacementCharacter) || isCertainlyLines(text)) return undefined;
  const value = parseJson(text);
  if (value === notJson || !isJsonObject(value) || Array.isArray(value['records'])) return undefined;
  return reader.read(value, enqueuedTimeMs);
}

const empty: readonly DecodedRecord[] = Object.freeze([{kind: 'malformed', reason: 'empty'} as const]);
const asText = {layer: 0, nesting: 0};
/** AMQP has already done what parsing does for a text. */
const asValue = {layer: 1, nesting: 0};
