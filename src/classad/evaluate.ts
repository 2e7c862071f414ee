import type { Expression } from './ast.ts';
import type { ClassAd } from './class-ad.ts';
import type { Environment } from './environment.ts';
import { Scope } from './scope.ts';
import type { Value } from './value.ts';

export type { Environment } from './environment.ts';

/**
 * Evaluates `expression` as if it stood in `my`, alone or matched with `target`. Never throws: what makes no
 * sense is an error value.
 */
export function evaluate(
  expression: Expression,
  my: ClassAd,
  target?: ClassAd,
  environment?: Environment,
): Value {
  return Scope.of(my, target, environment).evaluate(expression);
}
