import type { JobView } from '#wire/jobs.ts';
import { type Job, jobName } from './job.ts';
import type { JobAds } from './job-ads.ts';

/** A job as clients see it. */
export function jobView(ads: JobAds, job: Job): JobView {
  return {
    id: jobName(job),
    ad: ads.whole(job).toTexts(),
    attempts: [...job.attempts],
    outputs: [...job.outputs],
    ...(job.stdout === undefined ? {} : { stdout: job.stdout }),
    ...(job.stderr === undefined ? {} : { stderr: job.stderr }),
    ...(job.folders === undefined ? {} : { folders: [...job.folders] }),
    ...(job.left === undefined ? {} : { left: [...job.left] }),
  };
}
