import {headerOf} from './headers.ts';
import {isJsonObject} from './shape.ts';

/** Steps of one path, and characters; real events are not deeper, and a path is written by hand. */
const stepsMax = 8;
const pathLengthMax = 256;

const stepPattern = /\.?([^.[\]"\s]+)|\[(\d{1,4})\]|\["([^"]+)"\]/y;

/** Where in an object a value is: names of keys, and places in arrays. */
export type FieldPath = readonly (string | number)[];

/**
 * `headers.apim-request-id`, `attempts[0].status`, `["Usage.Prompt_Tokens"]`: names joined by dots, places in brackets, names
 * that hold dots or blanks in brackets and quotes. Undefined when the text is no path or a longer one than can be.
 */
export function parseFieldPath(text: string): FieldPath | undefined {
  if (text.length > pathLengthMax || text.startsWith('.')) return undefined;
  const path: (string | number)[] = [];
  stepPattern.lastIndex = 0;
  while (stepPattern.lastIndex < text.length) {
    const isFirst = path.length === 0;
    const dotted = text[stepPattern.lastIndex] === '.';
    const step = stepPattern.exec(text);
    if (step === null || path.length === stepsMax) return undefined;
    const [, name, place, quoted] = step;
    if (name !== undefined && !isFirst && !dotted) return undefined;
    path.push(place === undefined ? (name ?? quoted!) : Number(place));
  }
  return path.length === 0 ? undefined : path;
}

/** The value at a path; names match exactly or else in any case, as headers do. Undefined where there is nothing. */
export function valueAt(object: unknown, path: FieldPath): unknown {
  let value = object;
  for (const step of path) {
    if (typeof step === 'number')
      value = Array.isArray(value) ? (value as readonly unknown[])[step] : undefined;
    else if (!isJsonObject(value)) return undefined;
    else value = Object.hasOwn(value, step) ? value[step] : ownHeaderOf(value, step.toLowerCase());
  }
  return value;
}

function ownHeaderOf(map: Readonly<Record<string, unknown>>, name: string): unknown {
  // What every object inherits is no field.
  return name in Object.prototype ? undefined : headerOf(map, name);
}
