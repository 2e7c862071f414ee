import type { JobView } from '#wire/jobs.ts';
import { type Job, jobName } from './job.ts';
import type { JobAds } from './job-ads.ts';

/** A job as clients see it. Only its owner sees its files, because anybody who knows a file's digest can read the file. */
export function jobView(ads: JobAds, job: Job, { isOwner }: { readonly isOwner: boolean }): JobView {
  const seen = { id: jobName(job), ad: ads.whole(job).toTexts(), attempts: [...job.attempts] };
  if (!isOwner) return { ...seen, outputs: [], filesWithheld: true };
  return {
    ...seen,
    outputs: [...job.outputs],
    ...(job.stdout === undefined ? {} : { stdout: job.stdout }),
    ...(job.stderr === undefined ? {} : { stderr: job.stderr }),
    ...(job.folders === undefined ? {} : { folders: [...job.folders] }),
    ...(job.left === undefined ? {} : { left: [...job.left] }),
  };
}
