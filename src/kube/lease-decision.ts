import type { Lease } from './resource.ts';

/** A lease as it was read, and when this version of it was first seen (monotonic milliseconds). */
export interface SeenLease {
  readonly lease: Lease | undefined;
  readonly since: number;
}

/** What a candidate or a leader does with the lease now. */
export type LeaseAction = 'create' | 'renew' | 'take' | 'wait';

/** Notes which version of a lease was read. @param now monotonic, taken after the answer: the lease was written earlier */
export function noteVersion(
  previous: SeenLease | undefined,
  lease: Lease | undefined,
  now: number,
): SeenLease {
  const version = lease?.metadata.resourceVersion;
  const same = previous !== undefined && previous.lease?.metadata.resourceVersion === version;
  return same ? previous : { lease, since: now };
}

/**
 * | the lease                                           | action |
 * |-----------------------------------------------------|--------|
 * | does not exist                                      | create |
 * | is held by this process                             | renew  |
 * | was released                                        | take   |
 * | is held by another, and changed within its duration | wait   |
 * | is held by another, and has not changed for longer  | take   |
 *
 * Ages are measured with this process's own monotonic clock, from when it first saw a version. So clocks need not agree;
 * only their speeds must, within the ratio of duration and renew deadline.
 */
export function leaseAction(seen: SeenLease, identity: string, now: number): LeaseAction {
  const { lease, since } = seen;
  if (lease === undefined) return 'create';
  const holder = lease.spec?.holderIdentity ?? '';
  if (holder === identity) return 'renew';
  if (holder === '') return 'take';
  const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
  return now - since > durationMs ? 'take' : 'wait';
}
