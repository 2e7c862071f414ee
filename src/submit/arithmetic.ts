import { isCode } from '#base/error.ts';
import type { BinaryOperator, Expression } from '#classad/ast.ts';
import { parseExpression } from '#classad/parser.ts';

const operators: Partial<Record<BinaryOperator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '%': (left, right) => left % right,
  '/': (left, right) =>
    Number.isInteger(left) && Number.isInteger(right) ? Math.trunc(left / right) : left / right,
};

const plainInteger = /^\s*-?[0-9]{1,15}\s*$/;

/**
 * The number that a text of numbers, `+ - * / %` and parentheses stands for: what a queue count, `$INT()` and
 * `$REAL()` take. Leading zeros are allowed in a plain number. Undefined when it is anything else.
 */
export function arithmetic(text: string): number | undefined {
  if (plainInteger.test(text)) return Number(text);
  try {
    const value = fold(parseExpression(text));
    return value !== undefined && Number.isFinite(value) ? value : undefined;
  } catch (error) {
    if (isCode(error, 'InvalidExpression')) return undefined;
    throw error;
  }
}

function fold(expression: Expression): number | undefined {
  switch (expression.kind) {
    case 'literal':
      return literalNumber(expression.value);
    case 'parentheses':
      return fold(expression.inner);
    case 'unary': {
      const value = fold(expression.operand);
      if (value === undefined || expression.operator === '!' || expression.operator === '~') return undefined;
      return expression.operator === '-' ? -value : value;
    }
    case 'binary': {
      const left = fold(expression.left);
      const right = left === undefined ? undefined : fold(expression.right);
      return left === undefined || right === undefined
        ? undefined
        : operators[expression.operator]?.(left, right);
    }
    default:
      return undefined;
  }
}

function literalNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'object' && value !== null && 'value' in value && typeof value.value === 'number'
    ? value.value
    : undefined;
}
