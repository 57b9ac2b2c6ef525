import {compileArithmetic, isArithmetic} from './arithmetic.ts';
import {constantOf, derived, type Compiled, type Scope} from './compiled.ts';
import {compileBetween, compileComparison, compileConnective, compileMembership} from './comparisons.ts';
import {elementOf, memberOf} from './dynamic.ts';
import {compileCall} from './functions.ts';
import {semanticError} from './kql-error.ts';
import type {Expression} from './syntax.ts';

/** Binds an expression; throws `KqlError` for an unknown name or types that do not fit. */
export function compile(expression: Expression, scope: Scope): Compiled {
  const bind = (each: Expression): Compiled => compile(each, scope);
  switch (expression.kind) {
    case 'literal':
      return constantOf(expression.type, expression.value);
    case 'name':
      return compileName(expression.name, scope);
    case 'call':
      return compileCall(expression, scope);
    case 'member': {
      const target = dynamicTarget(bind(expression.target), expression.name);
      const {name} = expression;
      return derived('dynamic', [target], (row) => memberOf(target.evaluate(row), name));
    }
    case 'element': {
      const target = dynamicTarget(bind(expression.target), '[]');
      const index = bind(expression.index);
      return derived('dynamic', [target, index], (row) =>
        elementOf(target.evaluate(row), index.evaluate(row)),
      );
    }
    case 'negative': {
      const zero = constantOf('long', 0);
      const operand = bind(expression.operand);
      const from = operand.type === 'timespan' ? constantOf('timespan', 0n) : zero;
      return compileArithmetic('-', from, operand);
    }
    case 'binary':
      return compileBinary(expression, bind);
    case 'list':
      return compileMembership(expression.operator, bind(expression.left), expression.items.map(bind));
    case 'between': {
      const tested = {left: bind(expression.left), from: bind(expression.from), upTo: bind(expression.upTo)};
      return compileBetween(tested, expression.negated);
    }
  }
}

function compileBinary(
  {operator, left, right}: Extract<Expression, {kind: 'binary'}>,
  bind: (expression: Expression) => Compiled,
): Compiled {
  const sides = [bind(left), bind(right)] as const;
  if (operator === 'and' || operator === 'or') return compileConnective(operator, ...sides);
  if (isArithmetic(operator)) return compileArithmetic(operator, ...sides);
  return compileComparison(operator, ...sides);
}

function compileName(name: string, scope: Scope): Compiled {
  const index = scope.columns.findIndex((column) => column.name === name);
  const column = scope.columns[index];
  if (column === undefined) {
    const defined = scope.lets.get(name);
    if (defined !== undefined) return defined;
    throw semanticError('SEM0100', `Failed to resolve column or scalar expression named '${name}'`);
  }
  const missing = column.type === 'string' ? '' : null;
  return {type: column.type, constant: false, evaluate: (row) => row[index] ?? missing};
}

function dynamicTarget(target: Compiled, name: string): Compiled {
  if (target.type === 'dynamic') return target;
  throw semanticError('SEM0100', `Path expression '${name}' needs a dynamic value, not ${target.type}`);
}
