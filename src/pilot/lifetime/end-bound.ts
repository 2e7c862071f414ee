/** Who, besides its order, sets an end to a pilot: its token, the machine or its batch system, somebody who gives notice. */
export type EndSource = 'token' | 'machine' | 'notice';

/** An instant in monotonic milliseconds, and what makes it one. */
export interface Instant {
  readonly at: number;
  readonly reason: string;
}

/** From when on no job is accepted, and when payloads are stopped. */
export interface EndBound {
  readonly drain: Instant;
  readonly end: Instant;
}

/** What holds of several ends: each instant from whichever has the earliest. */
export const earliest = (own: EndBound, bounds: readonly EndBound[]): EndBound =>
  bounds.reduce<EndBound>(
    (first, bound) => ({ drain: earlier(first.drain, bound.drain), end: earlier(first.end, bound.end) }),
    own,
  );

const earlier = (one: Instant, other: Instant): Instant => (other.at < one.at ? other : one);
