import type { Expression } from './ast.ts';

/** The expressions directly inside of `expression`, in the order of its text. */
export function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'reference':
      return [];
    case 'select':
      return [expression.base];
    case 'record':
      return expression.entries.map((entry) => entry.expression);
    default:
      return operands(expression);
  }
}

type Inner = Exclude<Expression, { kind: 'literal' | 'reference' | 'select' | 'record' }>;

function operands(expression: Inner): readonly Expression[] {
  switch (expression.kind) {
    case 'subscript':
      return [expression.base, expression.index];
    case 'unary':
      return [expression.operand];
    case 'binary':
    case 'elvis':
      return [expression.left, expression.right];
    case 'conditional':
      return [expression.condition, expression.yes, expression.no];
    case 'parentheses':
      return [expression.inner];
    case 'call':
      return expression.args;
    case 'list':
      return expression.items;
  }
}
