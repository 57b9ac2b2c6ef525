import type {Cell, Column, ColumnType, Row} from './cells.ts';

/** An expression bound to its columns: the type is known before the first row, the value for each row. */
export interface Compiled {
  readonly type: ColumnType;
  /** True if no row can change the value. */
  readonly constant: boolean;
  readonly evaluate: (row: Row) => Cell;
}

/** The names an expression may use. */
export interface Scope {
  readonly columns: readonly Column[];
  readonly lets: ReadonlyMap<string, Compiled>;
  /** `now()`, the same for the whole query: ticks since 1970. */
  readonly nowTicks: bigint;
}

/** The hidden first column of a stored row; `ingestion_time()` reads it and only `where` and `extend` hand it on. */
export const ingestionColumn: Column = {name: '$ingestion', type: 'datetime'};

export const noRow: Row = [];

export function constantOf(type: ColumnType, value: Cell): Compiled {
  return {type, constant: true, evaluate: () => value};
}

/** A value computed from others: evaluated once if all of them are constants. */
export function derived(
  type: ColumnType,
  inputs: readonly Compiled[],
  evaluate: (row: Row) => Cell,
): Compiled {
  if (!inputs.every((input) => input.constant)) return {type, constant: false, evaluate};
  return constantOf(type, evaluate(noRow));
}
