import type {Cell, ColumnType} from './kql/cells.ts';
import {converted, realOf} from './kql/convert.ts';
import {dynamicJson, dynamicOf, parseDynamic} from './kql/dynamic.ts';

/** Columns that `AzureDiagnostics` has in every workspace; all others exist once a row had them. */
export const workspaceColumns: ReadonlyMap<string, ColumnType> = new Map([
  ['TenantId', 'string'],
  ['TimeGenerated', 'datetime'],
  ['ResourceId', 'string'],
  ['Category', 'string'],
  ['ResourceGroup', 'string'],
  ['SubscriptionId', 'string'],
  ['ResourceProvider', 'string'],
  ['Resource', 'string'],
  ['ResourceType', 'string'],
  ['OperationName', 'string'],
  ['ResultType', 'string'],
  ['ResultSignature', 'string'],
  ['DurationMs', 'long'],
  ['CallerIPAddress', 'string'],
  ['CorrelationId', 'string'],
  ['Type', 'string'],
]);

/** The service adds a suffix for the type to the columns it makes; without one the first value decides. */
export function columnTypeOf(name: string, value: unknown): ColumnType {
  if (name === 'AdditionalFields') return 'dynamic';
  const suffix = /_([sdbtg])$/.exec(name)?.[1];
  if (suffix !== undefined) return suffixTypes.get(suffix) ?? 'string';
  if (typeof value === 'number') return 'real';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'object' && value !== null ? 'dynamic' : 'string';
}

const suffixTypes = new Map<string, ColumnType>([
  ['d', 'real'],
  ['b', 'bool'],
  ['t', 'datetime'],
]);

/** A value of JSON as a column of this type keeps it; what does not fit is null, as in the service. */
export function storedCell(value: unknown, type: ColumnType): Cell {
  const cell = dynamicOf(value);
  switch (type) {
    case 'string':
      return typeof cell === 'object' && cell !== null ? dynamicJson(cell) : String(cell ?? '');
    case 'dynamic':
      return typeof cell === 'string' ? parseDynamic(cell) : cell;
    case 'long':
    case 'int':
      // A fraction beside whole numbers is cut, where the same text would not be read.
      return typeof cell === 'number' ? Math.trunc(cell) : converted(cell, {from: 'string', to: type});
    case 'real':
      return realOf(cell);
    case 'bool':
    case 'datetime':
    case 'timespan':
      return converted(cell, {from: 'dynamic', to: type});
  }
}
