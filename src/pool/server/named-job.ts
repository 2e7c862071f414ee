import { GlideinError } from '#base/error.ts';
import { jobId } from '#wire/jobs.ts';
import type { Owned } from '../audit/audit-trail.ts';
import type { Job } from '../jobs/job.ts';
import { findJob, type JobSources, jobsOfCluster } from '../queue/history.ts';
import { parseBody } from './request.ts';

/** The job, or the first one of the cluster, that `name` names. @throws GlideinError NotFound, InvalidArgument */
export async function namedJob(sources: JobSources, name: string): Promise<Job> {
  const [cluster = 0, proc] = parseBody(jobId, name).split('.').map(Number);
  const job =
    proc === undefined
      ? await firstOf(jobsOfCluster(sources, cluster))
      : await findJob(sources, cluster, proc);
  if (job !== undefined) return job;
  throw new GlideinError('NotFound', `there is no job ${name}`, {
    cure: '`glidein q` and `glidein history` list them',
  });
}

/** As the audit names it. */
export const ownedJob = ({ cluster, proc }: Job): Owned => ({
  owner: cluster.owner,
  cluster: cluster.id,
  proc,
});

async function firstOf(jobs: AsyncIterable<Job>): Promise<Job | undefined> {
  for await (const job of jobs) return job;
  return undefined;
}
