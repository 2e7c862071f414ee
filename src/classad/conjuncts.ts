import type { Expression } from './ast.ts';

/**
 * What `&&` joins, from the left, without the parentheses around it: `(a && (b)) && c` has three. All of them must be true
 * for the whole to be true, so that each may be looked at by itself.
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
