import type { ClassAd } from '#classad/class-ad.ts';
import type { PreparedJob } from '#match/prepared-job.ts';
import type { Job } from '../jobs/job.ts';
import type { RequestedLimits } from './requested-limits.ts';
import type { Verdicts } from './verdicts.ts';
import type { WaitingJobs } from './waiting-jobs.ts';

/** Jobs of one submitter that match alike: they do not differ in anything that a slot, a policy or their own Requirements read. */
export interface Autocluster {
  readonly id: number;
  readonly signature: string;
  readonly owner: string;
  /** The name that their use is charged to: the owner, in a group or in none. */
  readonly submitter: string;
  /** The ad of one of the jobs; it represents all of them. */
  ad: ClassAd;
  /** The same, prepared to be matched. */
  readonly job: PreparedJob;
  /** The attributes that it reads of slots, in lower case. */
  readonly reads: readonly string[];
  /** The cores that one job requests; at least one where that depends on the slot. */
  readonly cores: number;
  /** The milliseconds after which a run is ended, as the jobs ask for; undefined if they do not. */
  readonly longest: number | undefined;
  /** Whether its expressions read the time. */
  readonly readsClock: boolean;
  readonly priority: number;
  readonly limits: RequestedLimits;
  readonly waiting: WaitingJobs;
  readonly running: Set<Job>;
  readonly verdicts: Verdicts;
  /** When a job of it last got a slot, or the first one came to wait; monotonic milliseconds. */
  waitsSince: number;
  /** All slots up to this number have been tried, and none fits; see `free-slots.ts`. */
  lookedThrough: number;
  /** Whether that is true of buckets only: see {@link Look.byBuckets}. */
  byBuckets: boolean;
}
