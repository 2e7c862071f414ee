interface Times {
  readonly startedAt?: number | undefined;
  readonly endedAt: number;
}

/** The time in which an execution must lie, by the pool's clock: from its claim to now. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Limits a time that a pilot reports to `span`: its clock may be wrong by hours, and policies count from such times. */
export const momentWithin = (at: number, { from, to }: Span): number => Math.max(from, Math.min(at, to));

/** The times of an execution as a pilot reports them. If its clock is wrong both are shifted, so that the duration stays right. */
export function timesWithin({ startedAt, endedAt }: Times, span: Span): Times {
  const first = startedAt ?? endedAt;
  const late = Math.max(0, endedAt - span.to);
  const shift = late > 0 ? -late : Math.max(0, span.from - first);
  return {
    ...(startedAt !== undefined && { startedAt: momentWithin(startedAt + shift, span) }),
    endedAt: momentWithin(endedAt + shift, span),
  };
}
