import type { BinaryOperator } from '../ast.ts';
import type { Compiled } from '../compile.ts';
import { arithmetic } from './arithmetic.ts';
import { bitwise } from './bitwise.ts';
import { type Comparison, compare, different, identical } from './comparison.ts';
import { and, condition, or } from './logic.ts';

/** The closure of a binary operator over the closures of its operands. */
export function binaryOperation(operator: BinaryOperator, left: Compiled, right: Compiled): Compiled {
  switch (operator) {
    case '&&':
      return (scope) => and(condition(left(scope)), () => right(scope));
    case '||':
      return (scope) => or(condition(left(scope)), () => right(scope));
    case 'is':
      return (scope) => identical(left(scope), right(scope));
    case 'isnt':
      return (scope) => different(left(scope), right(scope));
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return (scope) => arithmetic(operator, left(scope), right(scope));
    case '&':
    case '|':
    case '^':
    case '<<':
    case '>>':
    case '>>>':
      return (scope) => bitwise(operator, left(scope), right(scope));
    default:
      return comparison(operator, left, right);
  }
}

/** Numbers on both sides are by far the most common case of matching: they take no detour. */
function comparison(operator: Comparison, left: Compiled, right: Compiled): Compiled {
  switch (operator) {
    case '>=':
      return (scope) => {
        const a = left(scope);
        const b = right(scope);
        return typeof a === 'number' && typeof b === 'number' ? a >= b : compare('>=', a, b);
      };
    case '<=':
      return (scope) => {
        const a = left(scope);
        const b = right(scope);
        return typeof a === 'number' && typeof b === 'number' ? a <= b : compare('<=', a, b);
      };
    default:
      return (scope) => compare(operator, left(scope), right(scope));
  }
}
