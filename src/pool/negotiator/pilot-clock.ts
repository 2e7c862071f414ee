interface Times {
  readonly startedAt?: number | undefined;
  readonly endedAt: number;
}

/** The span in which an execution lies, by the pool's clock: from its claim to the present. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** A moment that a pilot tells. Its clock may be wrong by hours, and policies count from such moments. */
export const momentWithin = (at: number, { from, to }: Span): number => Math.max(from, Math.min(at, to));

/** The times of an execution that a pilot tells, shifted together where its clock is wrong, so that it lasts as long as it did. */
export function timesWithin({ startedAt, endedAt }: Times, span: Span): Times {
  const first = startedAt ?? endedAt;
  const late = Math.max(0, endedAt - span.to);
  const shift = late > 0 ? -late : Math.max(0, span.from - first);
  return {
    ...(startedAt !== undefined && { startedAt: momentWithin(startedAt + shift, span) }),
    endedAt: momentWithin(endedAt + shift, span),
  };
}
