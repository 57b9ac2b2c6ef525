import type {DecodedRecord} from './gateway-event.ts';

/** A JSON object as it was parsed, or the object an AMQP value section held. Nothing about its values is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** One kind of gateway event: how to recognise it, and where its fields are. */
export interface Shape {
  /** Appears in events, dead letters and metrics. */
  readonly name: string;
  /** Top-level keys that a whole event of this shape has; they find the closest shape and say what is lacking. */
  readonly requiredKeys: readonly string[];
  /** Looks at a few own keys only: it runs for every record. */
  recognise(object: JsonObject): boolean;
  /** `enqueuedTimeMs` stands in for an absent event time. Does not throw; a bad value is a dead letter or is `missing`. */
  read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord;
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

/** The shape that shares most of its required keys with the object (the first of several), and the keys it lacks. */
export function closestShape(
  shapes: readonly Shape[],
  object: JsonObject,
): {shape: Shape; lacks: readonly string[]} | undefined {
  let closest: {shape: Shape; lacks: readonly string[]} | undefined;
  let mostShared = -1;
  for (const shape of shapes) {
    const lacks = shape.requiredKeys.filter((key) => !Object.hasOwn(object, key));
    const shared = shape.requiredKeys.length - lacks.length;
    if (shared <= mostShared) continue;
    mostShared = shared;
    closest = {shape, lacks};
  }
  return closest;
}
