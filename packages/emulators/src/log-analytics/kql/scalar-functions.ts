import {longOf, ticksBeforeEpoch, type Cell} from './cells.ts';
import {constantOf, derived, noRow, type Compiled} from './compiled.ts';
import {isNumeric, realOf, textOf} from './convert.ts';
import {argument, isEmpty, type FunctionDefinition} from './function-shapes.ts';
import {semanticError} from './kql-error.ts';

const argumentsMax = 64;

export const ifThenElse: FunctionDefinition = {
  least: 3,
  most: 3,
  bind: (args) => {
    const [condition, yes, no] = [argument(args, 0), argument(args, 1), argument(args, 2)];
    const type = yes.type === 'dynamic' ? no.type : yes.type;
    return derived(type, args, (row) => (condition.evaluate(row) === true ? yes : no).evaluate(row));
  },
};

/** An empty text counts as missing, as in KQL. */
export const coalesce: FunctionDefinition = {
  least: 2,
  most: argumentsMax,
  bind: (args) => {
    const {type} = argument(args, 0);
    if (args.some((arg) => arg.type !== type)) throw semanticError('SEM0065', 'coalesce(): types differ');
    return derived(type, args, (row) => {
      for (const arg of args) {
        const value = arg.evaluate(row);
        if (!isEmpty(value)) return value;
      }
      return type === 'string' ? '' : null;
    });
  },
};

export const concatenation: FunctionDefinition = {
  least: 1,
  most: argumentsMax,
  bind: (args) => {
    return derived('string', args, (row) => args.map((arg) => textOf(arg.evaluate(row), arg.type)).join(''));
  },
};

/** `trim(regex, text)`: the match is removed at both ends. */
export const trim: FunctionDefinition = {
  least: 2,
  most: 2,
  bind: (args) => {
    const pattern = argument(args, 0);
    const value = argument(args, 1);
    if (!pattern.constant) throw semanticError('SEM0219', 'trim(): the pattern must be a constant');
    const source = textOf(pattern.evaluate(noRow), pattern.type);
    const ends = bothEnds(source);
    return derived('string', [value], (row) => textOf(value.evaluate(row), value.type).replace(ends, ''));
  },
};

export const now: FunctionDefinition = {
  least: 0,
  most: 1,
  bind: (args, scope) => constantOf('datetime', scope.nowTicks + timespanArgument(args)),
};

export const ago: FunctionDefinition = {
  least: 1,
  most: 1,
  bind: (args, scope) => constantOf('datetime', scope.nowTicks - timespanArgument(args)),
};

export const bin: FunctionDefinition = {
  least: 2,
  most: 2,
  bind: (args) => {
    const [value, size] = [argument(args, 0), argument(args, 1)];
    if (value.type === 'real' || size.type === 'real') {
      return derived('real', args, (row) => {
        const step = realOf(size.evaluate(row)) ?? Number.NaN;
        const number = realOf(value.evaluate(row));
        return number === null ? null : Math.floor(number / step) * step;
      });
    }
    const origin = value.type === 'datetime' ? ticksBeforeEpoch : 0n;
    return derived(value.type, args, (row) => {
      const [exact, step] = [value.evaluate(row), size.evaluate(row)];
      if (!isWhole(exact) || !isWhole(step) || BigInt(step) <= 0n) return null;
      const shifted = BigInt(exact) + origin;
      const width = BigInt(step);
      const floor = shifted - (((shifted % width) + width) % width) - origin;
      return isNumeric(value.type) ? longOf(floor) : floor;
    });
  },
};

/** Stable and evenly spread, but not the service's own hash: only the split into parts is the same idea. */
export const hash: FunctionDefinition = {
  least: 1,
  most: 2,
  bind: (args) => {
    const [value, parts] = [argument(args, 0), args[1]];
    return derived('long', args, (row) => {
      const text = textOf(value.evaluate(row), value.type);
      let sum = 0x811c9dc5;
      for (let index = 0; index < text.length; index += 1) {
        sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
      }
      const spread = (sum ^ (sum >>> 15)) >>> 0;
      return parts === undefined ? spread : spread % (realOf(parts.evaluate(row)) ?? 1);
    });
  },
};

function timespanArgument(args: readonly Compiled[]): bigint {
  const value = args[0]?.evaluate(noRow) ?? 0n;
  if (typeof value === 'bigint') return value;
  throw semanticError('SEM0219', 'now() and ago() need a timespan');
}

function isWhole(value: Cell): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}

function bothEnds(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})|(?:${source})$`, 'g');
  } catch (error) {
    if (error instanceof SyntaxError)
      throw semanticError('SEM0420', `Regex pattern is ill-formed: '${source}'`);
    throw error;
  }
}
