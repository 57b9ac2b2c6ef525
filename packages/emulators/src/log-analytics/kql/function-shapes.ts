import type {Cell, ColumnType} from './cells.ts';
import {derived, type Compiled, type Scope} from './compiled.ts';
import {converted, textOf} from './convert.ts';

/** How many arguments a function takes, and what it computes of them. */
export interface FunctionDefinition {
  readonly least: number;
  readonly most: number;
  readonly bind: (args: readonly Compiled[], scope: Scope) => Compiled;
}

/** `tolong()` and the like. */
export function conversion(to: ColumnType): FunctionDefinition {
  return {
    least: 1,
    most: 1,
    bind: (args) => {
      const value = argument(args, 0);
      return derived(to, args, (row) => converted(value.evaluate(row), {from: value.type, to}));
    },
  };
}

/** A function of one text. */
export function ofText(change: (text: string) => Cell, type: ColumnType = 'string'): FunctionDefinition {
  return {
    least: 1,
    most: 1,
    bind: (args) => {
      const value = argument(args, 0);
      return derived(type, args, (row) => change(textOf(value.evaluate(row), value.type)));
    },
  };
}

/** `isempty()` and its opposite. */
export function emptiness(expected: 'empty' | 'notEmpty'): FunctionDefinition {
  return {
    least: 1,
    most: 1,
    bind: (args) => {
      const value = argument(args, 0);
      return derived('bool', args, (row) => isEmpty(value.evaluate(row)) === (expected === 'empty'));
    },
  };
}

/** `isnull()` and its opposite. */
export function nullness(expected: 'null' | 'notNull'): FunctionDefinition {
  return {
    least: 1,
    most: 1,
    bind: (args) => {
      const value = argument(args, 0);
      return derived('bool', args, (row) => (value.evaluate(row) === null) === (expected === 'null'));
    },
  };
}

/** The number of arguments is checked before they are bound, so a missing one is a bug. */
export function argument(args: readonly Compiled[], index: number): Compiled {
  const arg = args[index];
  if (arg === undefined) throw new Error('the number of arguments is checked before they are bound');
  return arg;
}

/** KQL counts an empty text as missing. */
export function isEmpty(value: Cell): boolean {
  return value === null || value === '';
}
