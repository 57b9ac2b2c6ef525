import {
  definedFields,
  definedShape,
  unitsPerMs,
  type CheckedDefinition,
  type DefinedField,
} from './defined-shape.ts';
import {DefinitionProblems, type DefinitionProblem} from './definition-problems.ts';
import type {FieldPath} from './field-path.ts';
import {isJsonObject, type Shape} from './shape.ts';
import {apimCommaJoinedShape} from './shapes/apim-comma-joined.ts';
import {builtInShapes} from './shapes/built-in.ts';
import {TimeFormat} from './time-format.ts';

export type {DefinitionProblem} from './definition-problems.ts';

export type ShapeFromDefinition =
  | {readonly kind: 'shape'; readonly shape: Shape}
  | {readonly kind: 'invalid'; readonly problems: readonly DefinitionProblem[]};

const descriptionLengthMax = 200;
const absentTextsMax = 32;

/**
 * A shape from a plain object, as a user writes it in configuration:
 *
 * | Key | Value |
 * |---|---|
 * | `name` | 1 to 64 of `[a-z0-9-]`, not a built-in shape's |
 * | `description` | one line; optional |
 * | `recognise.has` | paths that must be there |
 * | `recognise.equals` | path → text, number or boolean that must stand there; of both together at least one |
 * | `fields` | field → path or list of paths, of which the first that is not empty counts; see `definedFields` |
 * | `time.unit` | `s`, `ms`, `us` or `ns` for times that are numbers; by default the magnitude decides between s and ms |
 * | `time.format`, `time.offset` | for times that are text, see `TimeFormat`; by default ISO 8601 and US culture text |
 * | `tokens` | `reported` (default), or `estimated` where the gateway counts by itself |
 * | `absent` | texts that mean that there is nothing, such as `NA` |
 *
 * Paths are those of `parseFieldPath`. `usage` names the service's usage object, `consumerKey` a secret key that is hashed, and
 * `deploymentUrl` a URL that names the deployment.
 */
export function shapeFromDefinition(definition: unknown): ShapeFromDefinition {
  const check = new DefinitionCheck();
  const checked = check.definition(definition);
  if (checked === undefined || check.problems.length > 0) return {kind: 'invalid', problems: check.problems};
  return {kind: 'shape', shape: definedShape(checked)};
}

/** Walks one definition and collects its problems. Lives for one definition. */
class DefinitionCheck {
  readonly #problems = new DefinitionProblems();

  get problems(): readonly DefinitionProblem[] {
    return this.#problems.list;
  }

  definition(value: unknown): CheckedDefinition | undefined {
    const keys = ['name', 'description', 'recognise', 'fields', 'time', 'tokens', 'absent'];
    const definition = this.#problems.object(value, {path: '', keys, example: 'name: my-gateway'});
    if (definition === undefined) return undefined;
    const recognise = this.#recognise(definition['recognise']);
    const fields = this.#fields(definition['fields']);
    const time = this.#time(definition['time']);
    const name = this.#name(definition['name']);
    return {
      name,
      description: this.#description(definition['description'], name),
      ...recognise,
      fields,
      ...time,
      tokens:
        this.#problems.oneOf(definition['tokens'] ?? 'reported', 'tokens', ['reported', 'estimated']) ??
        'reported',
      absent: this.#absent(definition['absent']),
    };
  }

  #name(value: unknown): string {
    const example = 'my-gateway';
    if (typeof value !== 'string' || !/^[a-z0-9][a-z0-9-]{0,63}$/.test(value)) {
      this.#problems.add('name', 'must be 1 to 64 small letters, digits and hyphens', example);
      return '';
    }
    const isTaken = [...builtInShapes, apimCommaJoinedShape].some(({name}) => name === value);
    if (isTaken) this.#problems.add('name', 'must not be the name of a built-in shape', example);
    return value;
  }

  #description(value: unknown, name: string): string {
    if (value === undefined) return `The shape ${name} of this configuration.`;
    if (typeof value === 'string' && value.length <= descriptionLengthMax && !value.includes('\n'))
      return value;
    this.#problems.add(
      'description',
      `must be one line of at most ${descriptionLengthMax} characters`,
      'Our proxy.',
    );
    return '';
  }

  #recognise(value: unknown): Pick<CheckedDefinition, 'has' | 'equals'> {
    const example = 'recognise: {has: [callId, ts], equals: {type: llm-call}}';
    const recognise = this.#problems.object(value, {path: 'recognise', keys: ['has', 'equals'], example});
    if (recognise === undefined) return {has: [], equals: []};
    const has = recognise['has'] === undefined ? [] : this.#problems.paths(recognise['has'], 'recognise.has');
    const equals = this.#equals(recognise['equals'] ?? {});
    const isEmpty = has.length === 0 && equals.length === 0 && this.#problems.list.length === 0;
    if (isEmpty) this.#problems.add('recognise', 'must name at least one path in has or equals', example);
    return {has, equals};
  }

  #equals(value: unknown): CheckedDefinition['equals'] {
    const example = 'equals: {type: llm-call}';
    const map = this.#problems.object(value, {path: 'recognise.equals', keys: undefined, example});
    return Object.entries(map ?? {}).flatMap(([key, expected]) => {
      const at = `recognise.equals.${key}`;
      const path = this.#problems.path(key, at);
      if (typeof expected === 'string' || typeof expected === 'number' || typeof expected === 'boolean') {
        return path === undefined ? [] : [{path, value: expected}];
      }
      this.#problems.add(at, 'must be a text, a number or true or false', example);
      return [];
    });
  }

  #fields(value: unknown): CheckedDefinition['fields'] {
    const example = 'fields: {requestId: headers.apim-request-id}';
    const map = this.#problems.object(value, {path: 'fields', keys: definedFields, example}) ?? {};
    const fields = new Map<DefinedField, readonly FieldPath[]>();
    for (const field of definedFields) {
      if (map[field] !== undefined) fields.set(field, this.#problems.paths(map[field], `fields.${field}`));
    }
    if (fields.size === 0 && isJsonObject(value))
      this.#problems.add('fields', 'must name at least one field', example);
    return fields;
  }

  #time(value: unknown): Pick<CheckedDefinition, 'timeUnit' | 'timeFormat'> {
    const example = "time: {format: 'dd.MM.yyyy HH:mm:ss', offset: '+02:00'}";
    const keys = ['unit', 'format', 'offset'];
    const time = value === undefined ? {} : this.#problems.object(value, {path: 'time', keys, example});
    if (time === undefined) return {timeUnit: undefined, timeFormat: undefined};
    const units = Object.keys(unitsPerMs) as (keyof typeof unitsPerMs)[];
    const timeUnit =
      time['unit'] === undefined ? undefined : this.#problems.oneOf(time['unit'], 'time.unit', units);
    const {format, offset = 'Z'} = time;
    if (format === undefined) {
      if (offset !== 'Z') this.#problems.add('time.offset', 'needs a format beside it', example);
      return {timeUnit, timeFormat: undefined};
    }
    const isText = typeof format === 'string' && typeof offset === 'string';
    const timeFormat = isText ? TimeFormat.of(format, offset) : undefined;
    if (timeFormat === undefined) {
      this.#problems.add(
        'time.format',
        'must be made of yyyy MM dd HH mm ss S and signs, its offset of ±HH:MM',
        example,
      );
    }
    return {timeUnit, timeFormat};
  }

  #absent(value: unknown): ReadonlySet<string> {
    if (value === undefined) return new Set();
    const isTexts = Array.isArray(value) && value.every((text) => typeof text === 'string');
    if (isTexts && value.length <= absentTextsMax) return new Set(value);
    this.#problems.add('absent', `must be a list of at most ${absentTextsMax} texts`, 'absent: [NA]');
    return new Set();
  }
}
