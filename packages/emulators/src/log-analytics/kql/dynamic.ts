import {longOf, type Cell} from './cells.ts';

/** Parses JSON with whole numbers kept exactly: .NET ticks are beyond 2^53. Text that is no JSON stays text. */
export function parseDynamic(text: string): Cell {
  if (text === '') return null;
  try {
    const value: unknown = longDigits.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text);
    return dynamicOf(value);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** Fewer digits always fit a number, and the plain parser is five times as fast. */
const longDigits = /\d{16}/;

function exactNumber(_key: string, value: unknown, context?: {source?: string}): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d{1,19}$/.test(source) ? longOf(BigInt(source)) : value;
}

/** An undefined is null; anything else JSON can hold is a cell already. */
export function dynamicOf(value: unknown): Cell {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'object':
      return value;
    case 'undefined':
    case 'function':
    case 'symbol':
      return null;
  }
}

/** JSON of a dynamic, whole numbers with all their digits. */
export function dynamicJson(value: Cell): string {
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => dynamicJson(dynamicOf(each))).join(',')}]`;
  const members = Object.entries(value).map(([name, each]) => {
    return `${JSON.stringify(name)}:${dynamicJson(dynamicOf(each))}`;
  });
  return `{${members.join(',')}}`;
}

/** `value.name`; null unless the value is an object that has it. */
export function memberOf(value: Cell, name: string): Cell {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  return Object.hasOwn(value, name) ? dynamicOf(Reflect.get(value, name)) : null;
}

/** `value[index]`; negative indexes count from the end. */
export function elementOf(value: Cell, index: Cell): Cell {
  if (typeof index === 'string') return memberOf(value, index);
  return Array.isArray(value) && typeof index === 'number' ? dynamicOf(value.at(index)) : null;
}
