/** The turn of one submitter in one spin of the pie. */
export interface Turn {
  readonly submitter: string;
  /** Cores that it may get in this spin. */
  readonly limit: number;
  /** Cores that its group and the groups around it have left at this moment; Infinity without a quota. Claims count once recorded. */
  left(): number;
}

/** The rounding error that sums of fractions may have. */
const tolerance = 1e-9;

/**
 * Whether a submitter may get a job with these cores, after it has got `used` cores in this turn: within its limit, or the first
 * one although it exceeds what is left of it, as HTCondor rounds up.
 */
export function allows(turn: Turn, used: number, cores: number): boolean {
  const left = turn.left();
  if (turn.limit <= 0 || left <= 0) return false;
  return used === 0 || (used + cores <= turn.limit + tolerance && cores <= left + tolerance);
}
