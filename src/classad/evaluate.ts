import { AdScope } from './ad-scope.ts';
import type { Expression } from './ast.ts';
import type { AttributeTable } from './attribute-table.ts';
import { type Compiled, compile } from './compile.ts';
import type { Environment } from './environment.ts';
import { isPlain, PlainScope } from './plain-expression.ts';
import type { Scope } from './scope.ts';
import { stepsOf } from './session.ts';
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
  return isPlain(expression) ? preparedPlain(expression) : preparedAny(expression);
}

function preparedAny(expression: Expression): Prepared {
  let run: Compiled | undefined;
  const compileOnce: Compiled = (scope) => {
    run = compile(expression);
    return run(scope);
  };
  return (my, target, environment) =>
    AdScope.of(my, target, environment).enter(expression, run ?? compileOnce, 1);
}

/** How many evaluations go the long way at once after one that could not be cut short: the next ads are often alike. */
const longWays = 32;

/** The same where it reads only constants, several times as fast. */
function preparedPlain(expression: Expression): Prepared {
  const steps = stepsOf(expression);
  const whole = preparedAny(expression);
  let run: Compiled | undefined;
  let long = 0;
  return (my, target, environment) => {
    const budget = environment?.budget;
    if (long === 0 && target !== undefined && (budget === undefined || budget.left >= steps)) {
      run ??= compile(expression);
      const scope = new PlainScope(my, target);
      const value = plainly(run, scope);
      if (!scope.hasFailed) {
        if (budget !== undefined) budget.left -= steps;
        return value;
      }
      long = longWays;
    }
    if (long > 0) long -= 1;
    return whole(my, target, environment);
  };
}

function plainly(run: Compiled, scope: PlainScope): Value {
  try {
    // A plain expression asks it for nothing else.
    return run(scope as unknown as Scope);
  } catch {
    // There was hardly any stack left: what that means is said by the long way.
    scope.hasFailed = true;
    return undefined;
  }
}
