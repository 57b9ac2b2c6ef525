import {mayBeEstimated} from './call-texts-estimate.ts';
import type {DecodedRecord, MalformedRecord} from './gateway-event.ts';
import {salvage} from './salvage.ts';
import {closestShape, findShape} from './shape.ts';
import type {JsonObject, Shape, TextShape} from './shape.ts';

/** What becomes of one object or line, once it has been found in a body. Keeps nothing between two of them. */
export class ObjectReader {
  readonly #shapes: readonly Shape[];
  readonly #textShapes: readonly TextShape[];
  readonly #keepsTexts: boolean;

  constructor(options: {
    shapes: readonly Shape[];
    textShapes: readonly TextShape[];
    texts: 'ignored' | 'kept';
  }) {
    this.#shapes = options.shapes;
    this.#textShapes = options.textShapes;
    this.#keepsTexts = options.texts === 'kept';
  }

  /** Undefined when no shape recognises the object. */
  read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord | undefined {
    const shape = findShape(this.#shapes, object);
    if (shape === undefined) return undefined;
    const record = shape.read(object, enqueuedTimeMs);
    return this.#keepsTexts ? withTexts(record, shape, object) : record;
  }

  /** Undefined when the text is none that was asked for. */
  readText(text: string, enqueuedTimeMs: number): DecodedRecord | undefined {
    const shape = this.#textShapes.find((candidate) => candidate.recognise(text));
    return shape?.read(text, enqueuedTimeMs);
  }

  /** What the object is the torn beginning of. */
  salvage(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
    return salvage({object, enqueuedTimeMs}, this.#shapes);
  }

  /** For an object that `read` did not take. */
  unknown(object: JsonObject): MalformedRecord {
    const closest = closestShape(this.#shapes, object);
    if (closest === undefined) return {kind: 'malformed', reason: 'unknown shape'};
    return {kind: 'malformed', reason: 'unknown shape', shape: closest.shape.name, lacks: closest.lacks};
  }
}

function withTexts(record: DecodedRecord, shape: Shape, object: JsonObject): DecodedRecord {
  if (record.kind !== 'event' || record.event.tokenSource !== 'unknown') return record;
  const texts = shape.texts?.(object, record.event);
  if (texts === undefined) return record;
  const telling = {...record, texts};
  return mayBeEstimated(telling) ? telling : record;
}
