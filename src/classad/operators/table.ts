import type { BinaryOperator } from '../ast.ts';
import type { Compiled } from '../scope.ts';
import { arithmetic } from './arithmetic.ts';
import { bitwise } from './bitwise.ts';
import { compare, different, identical, sameText } from './comparison.ts';
import { and, condition, or } from './logic.ts';

/** The closure of an operator over the closures of its operands. */
type Operation = (left: Compiled, right: Compiled) => Compiled;

/** Comparisons of numbers and of names are what matching is made of: they take no detour. */
const operations: Readonly<Record<BinaryOperator, Operation>> = {
  '&&': conjunction,
  '||': disjunction,
  is: (left, right) => (scope) => identical(left(scope), right(scope)),
  isnt: (left, right) => (scope) => different(left(scope), right(scope)),
  '>=': (left, right) => (scope) => {
    const a = left(scope);
    const b = right(scope);
    return typeof a === 'number' && typeof b === 'number' ? a >= b : compare('>=', a, b);
  },
  '<=': (left, right) => (scope) => {
    const a = left(scope);
    const b = right(scope);
    return typeof a === 'number' && typeof b === 'number' ? a <= b : compare('<=', a, b);
  },
  '==': (left, right) => (scope) => {
    const a = left(scope);
    const b = right(scope);
    return typeof a === 'string' && typeof b === 'string' ? sameText(a, b) : compare('==', a, b);
  },
  '!=': (left, right) => (scope) => {
    const a = left(scope);
    const b = right(scope);
    return typeof a === 'string' && typeof b === 'string' ? !sameText(a, b) : compare('!=', a, b);
  },
  '<': (left, right) => (scope) => compare('<', left(scope), right(scope)),
  '>': (left, right) => (scope) => compare('>', left(scope), right(scope)),
  '+': (left, right) => (scope) => arithmetic('+', left(scope), right(scope)),
  '-': (left, right) => (scope) => arithmetic('-', left(scope), right(scope)),
  '*': (left, right) => (scope) => arithmetic('*', left(scope), right(scope)),
  '/': (left, right) => (scope) => arithmetic('/', left(scope), right(scope)),
  '%': (left, right) => (scope) => arithmetic('%', left(scope), right(scope)),
  '&': (left, right) => (scope) => bitwise('&', left(scope), right(scope)),
  '|': (left, right) => (scope) => bitwise('|', left(scope), right(scope)),
  '^': (left, right) => (scope) => bitwise('^', left(scope), right(scope)),
  '<<': (left, right) => (scope) => bitwise('<<', left(scope), right(scope)),
  '>>': (left, right) => (scope) => bitwise('>>', left(scope), right(scope)),
  '>>>': (left, right) => (scope) => bitwise('>>>', left(scope), right(scope)),
};

function conjunction(left: Compiled, right: Compiled): Compiled {
  return (scope) => {
    const first = left(scope);
    if (first === false) return false;
    return first === true ? condition(right(scope)) : and(condition(first), () => right(scope));
  };
}

function disjunction(left: Compiled, right: Compiled): Compiled {
  return (scope) => {
    const first = left(scope);
    if (first === true) return true;
    return first === false ? condition(right(scope)) : or(condition(first), () => right(scope));
  };
}

export function binaryOperation(operator: BinaryOperator, left: Compiled, right: Compiled): Compiled {
  return operations[operator](left, right);
}
