import type { FreshProcs } from '../jobs/fresh-procs.ts';
import type { Job } from '../jobs/job.ts';

/** What a transition changed. */
export interface Changed {
  readonly jobs: readonly Job[];
  /** Procs to which nothing else had happened before, and which share one state. */
  readonly fresh: readonly FreshProcs[];
}

/** Nothing has changed. */
export const nothing: Changed = { jobs: [], fresh: [] };
