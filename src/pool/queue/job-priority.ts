import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { attributesRead } from '#classad/attributes-read.ts';
import { type JobAction, jobAction } from '#wire/jobs.ts';
import { environmentFor } from '../jobs/environment.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import type { Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';

/** @throws GlideinError InvalidArgument unless an action that gives jobs another priority says which one, in one way */
export function requirePriority({ action, priority, priorityBy }: JobAction): void {
  if (action !== 'prioritize' || (priority === undefined) !== (priorityBy === undefined)) return;
  throw new GlideinError('InvalidArgument', 'it is not clear which priority the jobs are to have', {
    cure: 'send either priority or priorityBy',
  });
}

/** Whether the JobPrio of these procs may differ, so that one record cannot change all of them. */
export function differInPriority(ads: JobAds, fresh: FreshProcs): boolean {
  const { my, anything, clock } = attributesRead(ads.submitted(fresh.shared), ['JobPrio']);
  return anything || clock || my.has('procid') || fresh.maySet(my);
}

/**
 * The priority that a job is to have. One that is not a number counts as 0, as it does for the negotiator.
 * @throws GlideinError InvalidArgument if it would not be a number of 32 bits
 */
export function newPriority(
  { ads, clock }: { readonly ads: JobAds; readonly clock: Clock },
  job: Job,
  { priority, priorityBy = 0 }: JobAction,
): number {
  if (priority !== undefined) return priority;
  const now = ads.matching(job).evaluateNumber('JobPrio', undefined, environmentFor(clock, 1)) ?? 0;
  const next = (Number.isNaN(now) ? 0 : Math.trunc(now)) + priorityBy;
  if (jobAction.shape.priority.safeParse(next).success) return next;
  throw new GlideinError('InvalidArgument', `its priority would become ${next}, which has more than 32 bits`);
}
