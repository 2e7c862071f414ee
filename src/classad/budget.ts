/**
 * What several evaluations together may take, counted in attributes read and work of the same time (well below a
 * microsecond each). Once it is used up everything evaluates to an error: whoever evaluates what somebody else wrote, once
 * for each slot or each clause, gives all of it one budget, and no expression can keep that reader busy for longer.
 */
export class Budget {
  left: number;
  /** Whether an evaluation was cut short, by this budget or by the limit that each evaluation has. */
  isOverdrawn = false;

  constructor(steps: number) {
    this.left = steps;
  }
}
