import { binary, type Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { evaluationDepth } from './session.ts';
import { strays } from './straying.ts';

/**
 * What `&&` joins, from the left, without the parentheses around it: `(a && (b)) && c` has three. The whole is true exactly if
 * each of them is, so each can be examined by itself; only the limits of an evaluation are then those of each. Where a part
 * changes what the names behind it mean, it stays together with what follows; `my` is the ad in which that is judged.
 */
export function conjuncts(expression: Expression, my?: AttributeTable): Expression[] {
  // It is an error as a whole, but its parts might not be.
  if (expression.depth > evaluationDepth) return [expression];
  const found: Expression[] = [];
  const left: Expression[] = [expression];
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (each.kind === 'parentheses') left.push(each.inner);
    else if (each.kind === 'binary' && each.operator === '&&') left.push(each.right, each.left);
    else found.push(each);
  }
  const first = found.findIndex((each) => strays(each, my));
  if (first < 0 || first === found.length - 1) return found;
  const together = found.slice(first).reduce((before, each) => binary('&&', before, each));
  return [...found.slice(0, first), together];
}
