import type { Expression } from './ast.ts';
import type { Scalar } from './scalar.ts';

/** An attribute that must be evaluated: everything but a constant. */
export class Computed {
  readonly expression: Expression;
  /** The compiled form, once there is one. It is a `Compiled`, a type that only the evaluator may know. */
  run: unknown;

  constructor(expression: Expression) {
    this.expression = expression;
  }
}

/** Means that the ad has no such attribute; `undefined` would be a value. */
export class Absent {}

export const absent = new Absent();

/** What an ad holds under a name: the value of a constant, an expression, or nothing (if deleted). */
export type Slot = Scalar | Computed | Absent;

export function slotOf(expression: Expression): Slot {
  const plain = expression.kind === 'literal' && expression.span === undefined;
  return plain ? expression.value : new Computed(expression);
}
