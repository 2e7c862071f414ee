import { AdScope } from './ad-scope.ts';
import type { Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import type { Environment } from './environment.ts';

import type { Value } from './value.ts';

export type { Environment } from './environment.ts';

/**
 * Evaluates `expression` as if it stood in `my`, alone or matched with `target`. Never throws: what makes no
 * sense is an error value.
 */
export function evaluate(
  expression: Expression,
  my: AttributeTable,
  target?: AttributeTable,
  environment?: Environment,
): Value {
  return AdScope.of(my, target, environment).evaluate(expression);
}
