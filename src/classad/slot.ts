import type { Expression } from './ast.ts';
import type { Scalar } from './scalar.ts';

/** An attribute that must be evaluated: everything but a constant. */
export class Computed {
  readonly expression: Expression;
  /** What the expression was compiled to, once it was: a `Compiled`, which only whoever evaluates may name. */
  run: unknown;

  constructor(expression: Expression) {
    this.expression = expression;
  }
}

/** Stands where an ad has no such attribute, although undefined would be a value. */
export class Absent {}

export const absent = new Absent();

/** What an ad holds under a name: a constant as the value that it is, an expression, or nothing (any more). */
export type Slot = Scalar | Computed | Absent;

export function slotOf(expression: Expression): Slot {
  const plain = expression.kind === 'literal' && expression.span === undefined;
  return plain ? expression.value : new Computed(expression);
}
