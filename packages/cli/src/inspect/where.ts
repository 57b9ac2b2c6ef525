import {eventFields} from '@weir/pipeline';

/**
 * `--where`: conditions joined by `and`, each `FIELD OPERATOR VALUE`. Deliberately no more: nothing in it can run or loop,
 * and it needs no library.
 */

/** What a condition looks at: the event's own fields, and those of one record as Weir reads it. */
export interface Subject {
  readonly partition: string;
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedTime: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly reading: {readonly [field: string]: unknown} & {readonly event: object | null};
}

export type Where = (subject: Subject) => boolean;

/** The expression cannot be understood; the message says where and how it should be. */
export class WhereError extends Error {
  readonly code = 'WHERE';
}

type Operator = '!=' | '!~' | '<=' | '>=' | '==' | '=' | '~' | '<' | '>';

export const eventFieldNames = ['partition', 'sequenceNumber', 'offset', 'enqueuedTime'] as const;
export const readingFieldNames = ['shape', 'outcome', 'reason', 'closest'] as const;
/** As `reading.event` names them. */
export const recordFieldNames: readonly string[] = [...eventFields, 'tokenSource'];
const conditionsMax = 32;

/** @throws {WhereError} */
export function parseWhere(
  text: string,
  nearest: (word: string, names: readonly string[]) => string | undefined,
): Where {
  const token =
    /\s*(?:(?<field>[A-Za-z_][\w.$-]*)\s*(?<operator>!=|!~|<=|>=|==|=|~|<|>)\s*(?:'(?<single>[^']*)'|"(?<double>[^"]*)"|(?<bare>[^\s'"]+)))(?=\s|$)/y;
  const joint = /\s+and\s+/iy;
  const conditions: Where[] = [];
  for (;;) {
    const at = token.lastIndex;
    const {field, operator, single, double, bare} = token.exec(text)?.groups ?? {};
    if (field === undefined || operator === undefined) throw new WhereError(unreadable(text, at));
    if (conditions.length === conditionsMax) throw new WhereError(`more than ${conditionsMax} conditions.`);
    conditions.push(
      condition(valueOf(field, nearest), operator as Operator, {
        value: single ?? double ?? bare ?? '',
        isBare: bare !== undefined,
      }),
    );
    if (text.slice(token.lastIndex).trim() === '')
      return (subject) => conditions.every((holds) => holds(subject));
    joint.lastIndex = token.lastIndex;
    if (!joint.test(text)) throw new WhereError(unreadable(text, token.lastIndex));
    token.lastIndex = joint.lastIndex;
  }
}

function unreadable(text: string, at: number): string {
  const rest = text.slice(at).trim();
  const where =
    rest === ''
      ? 'ends where a condition is needed'
      : `cannot be read from ${JSON.stringify(rest.slice(0, 40))} on`;
  return `${where}; write FIELD=VALUE, with = != ~ !~ < <= > >=, joined by "and", for example "region=eastus2 and status>=400".`;
}

type ValueOf = (subject: Subject) => unknown;

function valueOf(
  field: string,
  nearest: (word: string, names: readonly string[]) => string | undefined,
): ValueOf {
  const [root = '', ...path] = field.split('.');
  if (root === 'body' || root === 'properties' || root === 'reading')
    return (subject) => at(subject[root], path);
  if (path.length === 0) {
    for (const name of eventFieldNames) if (name === root) return (subject) => subject[name];
    for (const name of readingFieldNames) if (name === root) return ({reading}) => reading[name];
    for (const name of recordFieldNames) if (name === root) return ({reading}) => at(reading.event, [name]);
  }
  const near = nearest(field, [...eventFieldNames, ...readingFieldNames, ...recordFieldNames]);
  const hint =
    near === undefined
      ? `a path in the body begins with body., as in body.${field}`
      : `did you mean ${near}?`;
  throw new WhereError(`${JSON.stringify(field.slice(0, 40))} is not a field; ${hint}`);
}

/** A path into what was parsed; a key may hold dots itself, so the longest key that is there wins. */
function at(value: unknown, path: readonly string[]): unknown {
  if (path.length === 0) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (let parts = path.length; parts > 0; parts -= 1) {
    const key = path.slice(0, parts).join('.');
    if (Object.hasOwn(value, key)) return at((value as Record<string, unknown>)[key], path.slice(parts));
  }
  return undefined;
}

function condition(
  of: ValueOf,
  operator: Operator,
  {value, isBare}: {value: string; isBare: boolean},
): Where {
  const wanted = isBare && value === 'null' ? undefined : value;
  const equals: Where = (subject) => {
    const found = textOf(of(subject));
    if (found === undefined || wanted === undefined) return found === wanted;
    return found === wanted || (isNumeric(found) && isNumeric(wanted) && Number(found) === Number(wanted));
  };
  const part = value.toLowerCase();
  const contains: Where = (subject) => textOf(of(subject))?.toLowerCase().includes(part) ?? false;
  const compared =
    (holds: (order: number) => boolean): Where =>
    (subject) => {
      const order = compare(textOf(of(subject)), value);
      return order !== undefined && holds(order);
    };
  switch (operator) {
    case '=':
    case '==':
      return equals;
    case '!=':
      return (subject) => !equals(subject);
    case '~':
      return contains;
    case '!~':
      return (subject) => !contains(subject);
    case '<':
      return compared((order) => order < 0);
    case '<=':
      return compared((order) => order <= 0);
    case '>':
      return compared((order) => order > 0);
    case '>=':
      return compared((order) => order >= 0);
  }
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Numbers by size, anything else, times included, by its characters; undefined where one of them is absent. */
function compare(found: string | undefined, wanted: string): number | undefined {
  if (found === undefined) return undefined;
  if (isNumeric(found) && isNumeric(wanted)) return Number(found) - Number(wanted);
  if (isNumeric(wanted)) return undefined;
  return found < wanted ? -1 : Number(found > wanted);
}

function isNumeric(text: string): boolean {
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text);
}
