/** What checks in a row have shown so far. */
export interface ProbeCount {
  readonly holds: boolean;
  /** Checks in a row that say otherwise. */
  readonly against: number;
}

export interface Thresholds {
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

/** What holds after one more check: a few checks in a row must agree before anything changes. */
export function counted({ holds, against }: ProbeCount, ok: boolean, limits: Thresholds): ProbeCount {
  if (ok === holds) return { holds, against: 0 };
  const needed = holds ? limits.failureThreshold : limits.successThreshold;
  return against + 1 >= needed ? { holds: ok, against: 0 } : { holds, against: against + 1 };
}
