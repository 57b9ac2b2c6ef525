import * as z from 'zod';

/** What a text may be, said in messages and in the reference. */
export interface ValueFacts {
  /** `10ms to 24h`, `a whole number, 1 to 256`. */
  readonly bounds: string;
  readonly example: string;
}

/** What the reference says of one key. */
export interface SettingFacts {
  /** One sentence for the operator. */
  readonly about: string;
  /** As it would be written in the file; for an optional key the words that say what happens without it. */
  readonly fallback?: string;
  /** Its short name in the environment, beside the `WEIR_` one that every key has. */
  readonly variable?: string;
  /** Its value is never shown, neither in messages nor in the log. */
  readonly secret?: true;
  /** In the file, its unquoted `7` and `true` are a number and a boolean, and it is never one text. */
  readonly typed?: true;
}

/** What `read` found in a text: a value, or a phrase that completes "the value …". */
export type Reading<T> = {readonly value: T} | {readonly problem: string};

const valueFacts = z.registry<ValueFacts>();
const settingFacts = z.registry<SettingFacts & ValueFacts>();

/** A value read from trimmed text: file, environment and flags all bring text. */
export function fromText<T>(facts: ValueFacts, read: (text: string) => Reading<T>) {
  const schema = z
    .string()
    .trim()
    .transform((text, context): T => {
      const reading = read(text);
      if ('value' in reading) return reading.value;
      context.issues.push({code: 'custom', message: reading.problem, input: text});
      return z.NEVER;
    });
  return described(schema, facts);
}

/** Puts the facts of a value beside a schema that was not made by `fromText`. */
export function described<S extends z.ZodType>(schema: S, facts: ValueFacts): S {
  valueFacts.add(schema, facts);
  return schema;
}

/** A key with a default, which passes through the same reading as any other value. */
export function setting<S extends z.ZodType<unknown, string>>(
  schema: S,
  facts: SettingFacts & {fallback: z.input<S>},
): z.ZodPrefault<S> {
  return settingWith(schema, facts.fallback, facts);
}

/** A key whose default is not one text; `facts.fallback` says in words what it is. */
export function settingWith<S extends z.ZodType>(
  schema: S,
  fallback: z.input<S>,
  facts: SettingFacts & {fallback: string},
): z.ZodPrefault<S> {
  const withDefault = schema.prefault(fallback);
  settingFacts.add(withDefault, {...factsOfValue(schema), ...facts});
  return withDefault;
}

/** A key that may be left out. */
export function optionalSetting<S extends z.ZodType>(schema: S, facts: SettingFacts): z.ZodOptional<S> {
  const optional = schema.optional();
  settingFacts.add(optional, {...factsOfValue(schema), ...facts});
  return optional;
}

/** Undefined for a section. */
export function factsOf(schema: z.ZodType): (SettingFacts & ValueFacts) | undefined {
  return settingFacts.get(schema);
}

function factsOfValue(schema: z.ZodType): ValueFacts {
  const facts = valueFacts.get(schema);
  if (facts === undefined) throw new Error('A setting needs a value with bounds and an example.');
  return facts;
}
