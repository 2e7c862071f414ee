import type { Expression } from '../ast.ts';
import type { Compiled, Scope } from '../scope.ts';
import type { Value } from '../value.ts';

interface Arity {
  readonly min: number;
  readonly max: number;
}

/**
 * A built-in function. `pure`: of its arguments' values alone, so that constant calls are computed once.
 * `scoped`: needs the environment or makes ads. `lazy`: decides itself which arguments to evaluate, and where.
 */
export type FunctionDefinition =
  | (Arity & {
      readonly kind: 'pure';
      readonly run: (values: readonly Value[]) => Value;
      /** Work beyond the reading of the arguments, in attributes that could be read meanwhile. */
      readonly cost?: (values: readonly Value[]) => number;
    })
  | (Arity & { readonly kind: 'scoped'; readonly run: (values: readonly Value[], scope: Scope) => Value })
  | (Arity & {
      readonly kind: 'lazy';
      readonly run: (args: readonly Compiled[], scope: Scope, expressions: readonly Expression[]) => Value;
    });

/** The functions of one family, by their documented spelling. */
export type FunctionFamily = Readonly<Record<string, FunctionDefinition>>;

export function pure(
  min: number,
  max: number,
  run: (values: readonly Value[]) => Value,
  cost?: (values: readonly Value[]) => number,
): FunctionDefinition {
  return { kind: 'pure', min, max, run, ...(cost !== undefined && { cost }) };
}

export function scoped(
  min: number,
  max: number,
  run: (values: readonly Value[], scope: Scope) => Value,
): FunctionDefinition {
  return { kind: 'scoped', min, max, run };
}

export function lazy(
  min: number,
  max: number,
  run: (args: readonly Compiled[], scope: Scope, expressions: readonly Expression[]) => Value,
): FunctionDefinition {
  return { kind: 'lazy', min, max, run };
}
