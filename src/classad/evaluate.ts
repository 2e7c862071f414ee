import { AdScope } from './ad-scope.ts';
import type { Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { type Compiled, compile } from './compile.ts';
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

/** Evaluates one expression again and again: in an ad, alone or matched with another. */
export type Prepared = (my: AttributeTable, target?: AttributeTable, environment?: Environment) => Value;

/** {@link evaluate} of `expression` as a function, for loops over many ads. */
export function prepare(expression: Expression): Prepared {
  let run: Compiled | undefined;
  const compileOnce: Compiled = (scope) => {
    run = compile(expression);
    return run(scope);
  };
  return (my, target, environment) =>
    AdScope.of(my, target, environment).enter(expression, run ?? compileOnce, 1);
}
