import type { ClassAd } from '#classad/class-ad.ts';
import { PreparedJob } from '#match/prepared-job.ts';
import type { Autocluster } from './autocluster.ts';
import { requestedLimits } from './requested-limits.ts';
import { durations } from './significance.ts';
import { Verdicts } from './verdicts.ts';
import { WaitingJobs } from './waiting-jobs.ts';

type Given = Pick<Autocluster, 'signature' | 'owner' | 'submitter' | 'ad' | 'readsClock'>;

/** @throws GlideinError TooLarge if the jobs name too many limits */
export function newAutocluster(id: number, given: Given): Autocluster {
  const { ad } = given;
  const job = new PreparedJob(ad);
  const limits = requestedLimits(ad);
  return {
    ...given,
    id,
    job,
    reads: [...new Set([...job.reads, ...limits.reads.target])],
    cores: Math.max(1, job.least.cpus),
    longest: longestOf(ad),
    priority: priorityOf(ad),
    limits,
    waiting: new WaitingJobs(),
    running: new Set(),
    verdicts: new Verdicts(),
    waitsSince: 0,
    lookedThrough: 0,
    byBuckets: false,
  };
}

/** From `allowed_execute_duration` and `allowed_job_duration`, which the pool keeps. */
function longestOf(ad: ClassAd): number | undefined {
  const seconds = durations.map((name) => ad.evaluateNumber(name) ?? Number.NaN).filter((each) => each > 0);
  return seconds.length === 0 ? undefined : Math.min(...seconds) * 1000;
}

/** A priority that is not a number, or is NaN, counts as 0: otherwise there would be no consistent order. */
function priorityOf(ad: ClassAd): number {
  const priority = ad.evaluateNumber('JobPrio') ?? 0;
  return Number.isNaN(priority) ? 0 : priority;
}
