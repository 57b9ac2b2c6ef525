/** The parsed form of the SQL subset; parameters are already replaced by their values. */
export type Path = readonly (string | number)[];

export type Expression =
  | {readonly kind: 'constant'; readonly value: unknown}
  /** From the document's root; empty for the document itself. */
  | {readonly kind: 'path'; readonly path: Path}
  | {readonly kind: 'not'; readonly operand: Expression}
  | {readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression}
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {readonly kind: 'in'; readonly operand: Expression; readonly options: readonly Expression[]}
  | {readonly kind: 'call'; readonly name: FunctionName; readonly operands: readonly Expression[]};

export const comparisons = ['=', '!=', '<', '<=', '>', '>='] as const;
export type Comparison = (typeof comparisons)[number];

export const functionNames = ['STARTSWITH', 'ENDSWITH', 'CONTAINS', 'IS_DEFINED'] as const;
export type FunctionName = (typeof functionNames)[number];
/** How many arguments each takes. */
export const functionArity: Readonly<Record<FunctionName, number>> = {
  STARTSWITH: 2,
  ENDSWITH: 2,
  CONTAINS: 2,
  IS_DEFINED: 1,
};

export const aggregateNames = ['COUNT', 'SUM', 'MIN', 'MAX', 'AVG'] as const;
export type AggregateName = (typeof aggregateNames)[number];

export type Selection =
  | {readonly kind: 'document'}
  | {readonly kind: 'value'; readonly expression: Expression}
  | {readonly kind: 'aggregate'; readonly name: AggregateName; readonly expression: Expression}
  | {readonly kind: 'columns'; readonly columns: readonly {readonly name: string; readonly path: Path}[]};

export interface SqlQuery {
  readonly selection: Selection;
  readonly where: Expression | undefined;
  readonly orderBy: readonly {readonly path: Path; readonly direction: 'ascending' | 'descending'}[];
  readonly offset: number;
  /** Infinity without TOP or LIMIT. */
  readonly limit: number;
}
