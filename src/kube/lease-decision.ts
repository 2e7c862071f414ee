import type { Lease } from './resource.ts';

/** A lease as it was read, and since when (monotonic milliseconds) it has been seen in this very version. */
export interface Observation {
  readonly lease: Lease | undefined;
  readonly since: number;
}

/** What a candidate or a leader does about the lease now. */
export type LeaseAction = 'create' | 'renew' | 'take' | 'wait';

/** @param now monotonic, taken after the answer came: the lease was written before that */
export function observe(
  previous: Observation | undefined,
  lease: Lease | undefined,
  now: number,
): Observation {
  const version = lease?.metadata.resourceVersion;
  const same = previous !== undefined && previous.lease?.metadata.resourceVersion === version;
  return same ? previous : { lease, since: now };
}

/**
 * | the lease                                          | action |
 * |----------------------------------------------------|--------|
 * | does not exist                                     | create |
 * | is ours                                            | renew  |
 * | was given back                                     | take   |
 * | is somebody's who wrote it within its duration     | wait   |
 * | is somebody's, unchanged for longer than that      | take   |
 *
 * Ages are counted on our own monotonic clock from when we first saw a version, so clocks need not agree: only
 * their rates must, to the ratio of duration and renew deadline.
 */
export function decide(observation: Observation, identity: string, now: number): LeaseAction {
  const { lease, since } = observation;
  if (lease === undefined) return 'create';
  const holder = lease.spec?.holderIdentity ?? '';
  if (holder === identity) return 'renew';
  if (holder === '') return 'take';
  const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
  return now - since > durationMs ? 'take' : 'wait';
}
