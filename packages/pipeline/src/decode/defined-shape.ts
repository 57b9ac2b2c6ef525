import {deploymentOfUrl} from './deployment-url.ts';
import {malformed, readRecord} from './event-record.ts';
import {isAbsent} from './fields.ts';
import {valueAt, type FieldPath} from './field-path.ts';
import type {DecodedRecord} from './gateway-event.ts';
import {lastHeaderValue} from './headers.ts';
import {consumerOfKey} from './key-hash.ts';
import {MissingFields} from './missing-fields.ts';
import {eventFields, type EventField, type JsonObject, type Shape} from './shape.ts';
import type {TimeFormat} from './time-format.ts';
import {readUsage, reportedTokens, tokensFrom, type Tokens} from './tokens.ts';

/** What a definition may name paths for: the event's fields, and three sources that fields are read out of. */
export const definedFields = [...eventFields, 'usage', 'consumerKey', 'deploymentUrl'] as const;
export type DefinedField = (typeof definedFields)[number];

/** Units of times that are numbers, by how many of them make a ms. */
export const unitsPerMs = {s: 0.001, ms: 1, us: 1_000, ns: 1_000_000} as const;

/** A definition after it has been checked. */
export interface CheckedDefinition {
  readonly name: string;
  readonly description: string;
  readonly has: readonly FieldPath[];
  readonly equals: readonly {readonly path: FieldPath; readonly value: string | number | boolean}[];
  readonly fields: ReadonlyMap<DefinedField, readonly FieldPath[]>;
  readonly timeUnit: keyof typeof unitsPerMs | undefined;
  readonly timeFormat: TimeFormat | undefined;
  readonly tokens: 'reported' | 'estimated';
  /** Texts that mean that there is nothing. */
  readonly absent: ReadonlySet<string>;
}

/** A shape that a user has described by paths. It is read like a built-in one, at the price of walking the paths. */
export function definedShape(definition: CheckedDefinition): Shape {
  const {name, description, has, equals} = definition;
  const keys = [...has, ...equals.map(({path}) => path)].map((path) => String(path[0]));
  return {
    name,
    description,
    tells: 'calls',
    lacks: eventFields.filter((field) => !isDefined(definition.fields, field)),
    requiredKeys: [...new Set(keys)],
    recognise: (object) =>
      has.every((path) => valueAt(object, path) !== undefined) &&
      equals.every(({path, value}) => valueAt(object, path) === value),
    read: (object, enqueuedTimeMs) => read(definition, object, enqueuedTimeMs),
  };
}

/** Where else a field may come from. */
const sourcesOf: Partial<Record<EventField, readonly DefinedField[]>> = {
  consumer: ['consumerKey'],
  deployment: ['deploymentUrl'],
  promptTokens: ['usage'],
  completionTokens: ['usage'],
  totalTokens: ['usage', 'promptTokens'],
  cachedTokens: ['usage'],
  reasoningTokens: ['usage'],
};

function isDefined(fields: ReadonlyMap<DefinedField, unknown>, field: EventField): boolean {
  return [field, ...(sourcesOf[field] ?? [])].some((source) => fields.has(source));
}

function read(definition: CheckedDefinition, object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const {name: shape, fields, absent} = definition;
  const missing = new MissingFields();
  const raw = (field: DefinedField): unknown => {
    for (const path of fields.get(field) ?? []) {
      const value = valueAt(object, path);
      if (!isAbsent(value) && !(typeof value === 'string' && absent.has(value.trim()))) return value;
    }
    return undefined;
  };
  const time = readTime(raw('eventTime'), definition);
  if (time === unlike) return malformed('bad time', shape);
  return readRecord(
    {
      requestId: lastHeaderValue(raw('requestId')),
      time,
      status: raw('status'),
      region: raw('region'),
      deployment: raw('deployment') ?? deploymentOfUrl(raw('deploymentUrl')),
      model: raw('model'),
      consumer: raw('consumer') ?? consumerOfKey(raw('consumerKey'), missing),
      product: raw('product'),
      stream: raw('stream'),
      tokens: tokensFrom(definition.tokens, readTokens(raw, missing)),
      remainingRequests: raw('remainingRequests'),
      remainingTokens: raw('remainingTokens'),
    },
    {shape, enqueuedTimeMs, missing},
  );
}

function readTokens(raw: (field: DefinedField) => unknown, missing: MissingFields): Tokens {
  const own = reportedTokens(
    {
      prompt: raw('promptTokens'),
      completion: raw('completionTokens'),
      total: raw('totalTokens'),
      cached: raw('cachedTokens'),
      reasoning: raw('reasoningTokens'),
    },
    missing,
  );
  return own.tokenSource === 'unknown' ? readUsage(raw('usage'), missing) : own;
}

/** A value that the definition's unit or format does not fit. */
const unlike = Symbol('unlike the format');
const numberPattern = /^\s*\d{1,20}(?:\.\d{1,9})?\s*$/;

/** Values of the stated unit or format; what neither is stated for is read like any shape's time. */
function readTime(value: unknown, {timeUnit, timeFormat}: CheckedDefinition): unknown {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && numberPattern.test(value));
  if (isNumber && timeUnit !== undefined) return new Date(Number(value) / unitsPerMs[timeUnit]);
  if (typeof value !== 'string' || timeFormat === undefined) return value;
  return timeFormat.toIso(value) ?? unlike;
}
