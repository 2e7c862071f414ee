import type { Fault } from '../pods/faults.ts';

/** Everything that conditions of a group say, as data of one moment: they are all derived from it, so they agree. */
export interface GroupSnapshot {
  readonly suspended: boolean;
  /** Why no pod can be made: a specification that cannot be used, something missing, no isolation. */
  readonly blocker: Fault | undefined;
  /** Why the API server takes no pod of the group. */
  readonly refusal: Fault | undefined;
  /** What the breaker holds back, and until when, in a sentence; undefined while it is closed. */
  readonly breaker: string | undefined;
  /** Why the first of the pilots on their way cannot start, with its name. */
  readonly start: Fault | undefined;
  /** Why the first of the pilots without a node has none, with its name. */
  readonly unplaced: Fault | undefined;
  /** `NAME: REASON` of the pilot that failed last. */
  readonly lastFailure: string | undefined;
  /** With what pilots are isolated, and why with nothing better. */
  readonly isolation: string;
  /** `NAMESPACE/NAME`. */
  readonly pool: string;
  /** Why it is not known what waits; undefined while it is. */
  readonly unknown: string | undefined;
  /** Pilots that the group should have; undefined while nothing is decided. */
  readonly wanted: number | undefined;
  /** Pilots on their way. */
  readonly starting: number;
  /** Registered pilots that accept jobs. */
  readonly working: number;
  /** The limits that made the decision smaller, as `NAME (VALUE)`. */
  readonly limits: readonly string[];
}

/** Why no pilot can be created now, whatever is wanted; undefined while one can. */
export function whatBlocks({ suspended, blocker, refusal, breaker }: GroupSnapshot): Fault | undefined {
  if (blocker !== undefined && blocker.reason !== 'ProbingIsolation') return blocker;
  if (suspended) {
    return { reason: 'Suspended', message: 'The group is suspended: write suspend: false to get pilots' };
  }
  if (blocker !== undefined) return blocker;
  if (refusal !== undefined) {
    return { reason: refusal.reason, message: `The API server takes no pod: ${refusal.message}` };
  }
  return breaker === undefined ? undefined : { reason: 'BreakerOpen', message: breaker };
}

/**
 * What keeps pilots from coming to work, in one sentence: what blocks their creation, else what keeps those that were
 * created from starting. The same sentence goes into the conditions, the decision and the bid.
 */
export function whatHinders(snapshot: GroupSnapshot): Fault | undefined {
  return whatBlocks(snapshot) ?? snapshot.start ?? snapshot.unplaced;
}
