import type { ClassAd } from '#classad/class-ad.ts';
import type { Job } from '../jobs/job.ts';
import type { RequestedLimits } from './requested-limits.ts';

/** Jobs of one owner that match alike: they differ in nothing that a slot, a policy, or their own Requirements looks at. */
export interface Autocluster {
  readonly id: number;
  readonly signature: string;
  readonly owner: string;
  /** The ad of the first of them stands for all. */
  ad: ClassAd;
  /** Whether the time has a say in what it matches. */
  readonly readsClock: boolean;
  readonly priority: number;
  readonly limits: RequestedLimits;
  /** In the order in which they came. */
  readonly waiting: Set<Job>;
  readonly running: Set<Job>;
  /** Slots that came or changed up to this one were looked at, and none fits: see `slot-news.ts`. */
  lookedThrough: number;
}
