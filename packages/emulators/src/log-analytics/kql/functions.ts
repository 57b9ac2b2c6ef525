import {compile} from './compile.ts';
import {constantOf, ingestionColumn, type Compiled, type Scope} from './compiled.ts';
import {wholeOf} from './convert.ts';
import {parseDynamic} from './dynamic.ts';
import {
  argument,
  conversion,
  emptiness,
  nullness,
  ofText,
  type FunctionDefinition,
} from './function-shapes.ts';
import {compileNot} from './comparisons.ts';
import {semanticError} from './kql-error.ts';
import {ago, bin, coalesce, concatenation, hash, ifThenElse, now, trim} from './scalar-functions.ts';
import type {Expression} from './syntax.ts';

type Call = Extract<Expression, {kind: 'call'}>;

/** Binds a call of one of the scalar functions of the subset. */
export function compileCall(call: Call, scope: Scope): Compiled {
  // These two look at the columns, not at values.
  if (call.name === 'column_ifexists' || call.name === 'columnifexists') return columnIfExists(call, scope);
  if (call.name === 'ingestion_time') return ingestionTime(scope);
  const define = functions.get(call.name);
  if (define === undefined) throw semanticError('SEM0260', `Unknown function: '${call.name}'.`);
  const args = call.args.map((arg) => compile(arg, scope));
  if (args.length < define.least || args.length > define.most) {
    throw semanticError('SEM0219', `${call.name}(): wrong number of arguments`);
  }
  return define.bind(args, scope);
}

const functions = new Map<string, FunctionDefinition>([
  ['parse_json', ofText(parseDynamic, 'dynamic')],
  ['todynamic', ofText(parseDynamic, 'dynamic')],
  ['tostring', conversion('string')],
  ['tolong', conversion('long')],
  ['toint', conversion('int')],
  ['todouble', conversion('real')],
  ['toreal', conversion('real')],
  ['tobool', conversion('bool')],
  ['todatetime', conversion('datetime')],
  // Typed literals: long(null), real(1.5) ...
  ['long', conversion('long')],
  ['int', conversion('int')],
  ['real', conversion('real')],
  ['bool', conversion('bool')],
  ['dynamic', conversion('dynamic')],
  ['tolower', ofText((text) => text.toLowerCase())],
  ['toupper', ofText((text) => text.toUpperCase())],
  ['strlen', ofText((text) => wholeOf(text.length, 'long'), 'long')],
  ['isempty', emptiness('empty')],
  ['isnotempty', emptiness('notEmpty')],
  ['isnull', nullness('null')],
  ['isnotnull', nullness('notNull')],
  ['iff', ifThenElse],
  ['iif', ifThenElse],
  ['coalesce', coalesce],
  ['strcat', concatenation],
  ['trim', trim],
  ['now', now],
  ['ago', ago],
  ['bin', bin],
  ['floor', bin],
  ['hash', hash],
  ['not', {least: 1, most: 1, bind: (args) => compileNot(argument(args, 0))}],
]);

function columnIfExists({args}: Call, scope: Scope): Compiled {
  const [name, otherwise] = args;
  if (name?.kind !== 'literal' || typeof name.value !== 'string' || otherwise === undefined) {
    throw semanticError('SEM0219', 'column_ifexists(): needs a column name as text, and a default');
  }
  const exists = scope.columns.some((column) => column.name === name.value);
  return compile(exists ? {kind: 'name', name: name.value} : otherwise, scope);
}

function ingestionTime(scope: Scope): Compiled {
  const kept = scope.columns.some((column) => column.name === ingestionColumn.name);
  return kept ? compile({kind: 'name', name: ingestionColumn.name}, scope) : constantOf('datetime', null);
}
