import type { Expression } from './ast.ts';

/**
 * What `&&` joins, from the left, without the parentheses around it: `(a && (b)) && c` has three. The whole is true only if
 * all of them are, so each can be examined by itself.
 */
export function conjuncts(expression: Expression): Expression[] {
  const found: Expression[] = [];
  const left: Expression[] = [expression];
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (each.kind === 'parentheses') left.push(each.inner);
    else if (each.kind === 'binary' && each.operator === '&&') left.push(each.right, each.left);
    else found.push(each);
  }
  return found;
}
