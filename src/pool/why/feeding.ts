import type { Clock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { formatDuration } from '#base/duration.ts';
import type { Collector } from '../collector/collector.ts';
import type { Queue } from '../queue/queue.ts';
import type { Bidders } from '../registry/bidders.ts';
import { type Cause, listed } from './cause.ts';
import type { FeedingGroup } from './feeding-groups.ts';

/** Milliseconds for which a pool that has just started may lack pilots that will come back. */
const settleMilliseconds = 60_000;

export interface Feeding {
  readonly bidders: Pick<Bidders, 'current' | 'silent'>;
  readonly collector: Collector;
  readonly queue: Pick<Queue, 'claimants'>;
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  readonly servingSince: number;
}

/** Why there are no slots to compare the job with: the pool has just started, or nobody feeds it. */
export function nothingThere(options: Feeding, unusable: readonly FeedingGroup[]): Cause {
  return (
    restarting(options) ??
    allUnusable(unusable) ??
    silent(options) ?? {
      kind: 'noPilots',
      text: 'no pilot is registered and no group feeds this pool: start pilots with glidein up, or ask the operator of the pool for a GlideinGroup',
    }
  );
}

/** Said if there are groups, but of none it is known what its pilots would offer. */
function allUnusable([first, ...others]: readonly FeedingGroup[]): Cause | undefined {
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : `, and so it is with ${count(others.length, 'other group')}`;
  return {
    kind: 'groupBlocked',
    text: `no pilot is registered, and the group ${first.bid.name} gets none: ${first.fault}${more}: tell its operator`,
  };
}

/** Said while pilots that held jobs before the pool's restart have not come back. */
export function restarting({ queue, collector, clock, servingSince }: Feeding): Cause | undefined {
  const since = clock.monotonic() - servingSince;
  if (since > settleMilliseconds) return undefined;
  const absent = [...queue.claimants()].filter((uid) => collector.get(uid) === undefined).length;
  if (absent === 0) return undefined;
  return {
    kind: 'poolRestarting',
    text: `the pool restarted ${formatDuration(since)} ago and waits for ${count(absent, 'pilot')} to come back`,
  };
}

/** Said while a site that fed the pool no longer bids. */
export function silent({ bidders }: Pick<Feeding, 'bidders'>): Cause | undefined {
  const sites = bidders.silent();
  if (sites.length === 0) return undefined;
  const names = sites.map(({ site, silentSeconds }) => `${site} for ${formatDuration(silentSeconds * 1000)}`);
  return {
    kind: 'siteSilent',
    text: `the operator of ${sites.length === 1 ? 'the site' : 'the sites'} that ${sites.length === 1 ? 'feeds' : 'feed'} this pool has not been heard (${listed(names)}), so no new pilots come: tell it`,
  };
}
