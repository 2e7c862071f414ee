import type { Job } from './job.ts';
import type { JobKey } from './transition.ts';

/** How a transition names a job. */
export const keyOf = (job: Job): JobKey => ({ cluster: job.cluster.id, proc: job.proc });
