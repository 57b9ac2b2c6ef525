import type {Cell, ColumnType} from './cells.ts';

/** Comparisons, text tests, arithmetic and the two connectives. */
export type BinaryOperator =
  | 'and'
  | 'or'
  | '=='
  | '!='
  | '=~'
  | '!~'
  | '<'
  | '<='
  | '>'
  | '>='
  | 'has'
  | '!has'
  | 'contains'
  | '!contains'
  | 'startswith'
  | '!startswith'
  | 'endswith'
  | '!endswith'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

export type ListOperator = 'in' | 'in~' | '!in' | '!in~';

export type Expression =
  | {readonly kind: 'literal'; readonly type: ColumnType; readonly value: Cell}
  | {readonly kind: 'name'; readonly name: string}
  | {readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[]}
  | {readonly kind: 'member'; readonly target: Expression; readonly name: string}
  | {readonly kind: 'element'; readonly target: Expression; readonly index: Expression}
  | {readonly kind: 'negative'; readonly operand: Expression}
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'list';
      readonly operator: ListOperator;
      readonly left: Expression;
      readonly items: readonly Expression[];
    }
  | {
      readonly kind: 'between';
      readonly left: Expression;
      readonly from: Expression;
      readonly upTo: Expression;
      readonly negated: boolean;
    };

/** `name = expression`; without a name the column is named after the expression. */
export interface NamedExpression {
  readonly name: string | undefined;
  readonly expression: Expression;
}

export interface SortKey {
  readonly expression: Expression;
  readonly direction: 'asc' | 'desc';
}

export type Operator =
  | {readonly kind: 'where'; readonly predicate: Expression}
  | {readonly kind: 'extend'; readonly columns: readonly NamedExpression[]}
  | {readonly kind: 'project'; readonly columns: readonly NamedExpression[]}
  | {
      readonly kind: 'summarize';
      readonly aggregates: readonly NamedExpression[];
      readonly by: readonly NamedExpression[];
    }
  | {readonly kind: 'sort'; readonly keys: readonly SortKey[]}
  | {readonly kind: 'take'; readonly rows: number};

/** `let` definitions, then a table or a `print`, then operators in their order. */
export interface Query {
  readonly lets: readonly {readonly name: string; readonly expression: Expression}[];
  readonly source:
    | {readonly kind: 'table'; readonly name: string}
    | {readonly kind: 'print'; readonly columns: readonly NamedExpression[]};
  readonly operators: readonly Operator[];
}
