import type {CallTexts, DecodedRecord, GatewayEvent} from './gateway-event.ts';

/** A JSON object as it was parsed, or the object an AMQP value section held. Nothing about its values is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The fields of an event that a user sees, and that a shape may have or lack. In the order in which they are shown. */
export const eventFields = [
  'requestId',
  'eventTime',
  'region',
  'deployment',
  'model',
  'consumer',
  'product',
  'status',
  'stream',
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'cachedTokens',
  'reasoningTokens',
  'remainingRequests',
  'remainingTokens',
] as const;
export type EventField = (typeof eventFields)[number];

/** What a user is told about a shape. */
export interface ShapeFacts {
  /** Appears in events, dead letters and metrics. */
  readonly name: string;
  /** Who emits it, in one line. */
  readonly description: string;
  /** What its records become: whole calls, halves that are merged, or nothing: recognised and skipped with a count. */
  readonly tells: 'calls' | 'halves' | 'nothing';
  /** Fields that no event of this shape can have, not even when its halves are merged. */
  readonly lacks: readonly EventField[];
}

/** One kind of gateway event: how to recognise it, and where its fields are. */
export interface Shape extends ShapeFacts {
  /** Top-level keys that a whole event of this shape has; they find the closest shape and say what is lacking. */
  readonly requiredKeys: readonly string[];
  /** Looks at a few own keys only: it runs for every record. */
  recognise(object: JsonObject): boolean;
  /** `enqueuedTimeMs` stands in for an absent event time. Does not throw; a bad value is a dead letter or is `missing`. */
  read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord;
  /** The texts of an event that `read` made of this object; undefined where there are none. Does not throw. */
  texts?(object: JsonObject, event: GatewayEvent): CallTexts | undefined;
}

/** A shape whose events are a line of text instead of JSON. */
export interface TextShape extends ShapeFacts {
  /** Looks at the text only as far as it must: it runs for every text that is no JSON. */
  recognise(text: string): boolean;
  read(text: string, enqueuedTimeMs: number): DecodedRecord;
}

/** An object in JSON's sense: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first shape that recognises the object. In fixed order: a second reading of a hub must find the same one. */
export function findShape(shapes: readonly Shape[], object: JsonObject): Shape | undefined {
  for (const shape of shapes) if (shape.recognise(object)) return shape;
  return undefined;
}

/**
 * The shape that shares most of its required keys with the object (the first of several), and the keys it lacks. Never
 * one that is skipped: nobody meant to send it.
 */
export function closestShape(
  shapes: readonly Shape[],
  object: JsonObject,
): {shape: Shape; lacks: readonly string[]} | undefined {
  let closest: {shape: Shape; lacks: readonly string[]} | undefined;
  let mostShared = -1;
  for (const shape of shapes) {
    if (shape.tells === 'nothing') continue;
    const lacks = shape.requiredKeys.filter((key) => !Object.hasOwn(object, key));
    const shared = shape.requiredKeys.length - lacks.length;
    if (shared <= mostShared) continue;
    mostShared = shared;
    closest = {shape, lacks};
  }
  return closest;
}
