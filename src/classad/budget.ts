/**
 * Limits the work of several evaluations together, counted in attributes read or work of the same duration (well below a
 * microsecond each). Once it is used up, everything evaluates to an error. Code that evaluates somebody else's expression once
 * per slot or per clause uses one budget for all of it, so that no expression can keep it busy for longer.
 */
export class Budget {
  left: number;
  /** Whether an evaluation was cut short, by this budget or by the limit that each evaluation has. */
  isOverdrawn = false;

  constructor(steps: number) {
    this.left = steps;
  }
}
