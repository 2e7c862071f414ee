import type { ClusterRow, JobRow } from '../store/store-messages.ts';
import { type Cluster, isOver, type Job } from './job.ts';
import { newJob } from './new-job.ts';

/** A job without its cluster, as a row's record holds it. */
type JobRecord = Omit<Job, 'cluster'>;

export const clusterToRow = (cluster: Cluster): ClusterRow => ({
  cluster: cluster.id,
  key: cluster.key,
  owner: cluster.owner,
  record: JSON.stringify(cluster),
});

export const clusterFromRecord = (record: string): Cluster => JSON.parse(record) as Cluster;

/** @returns a row of the history when the job has ended, else one of the snapshot. */
export function jobToRow(job: Job): JobRow {
  const { cluster, ...rest } = job;
  const row = { cluster: cluster.id, proc: job.proc, record: JSON.stringify(rest satisfies JobRecord) };
  return isOver(job) ? { ...row, ended: job.enteredAt } : row;
}

export function jobFromRecord(cluster: Cluster, record: string): Job {
  // JSON leaves out what is undefined, and older versions did not know of every field.
  return newJob(cluster, JSON.parse(record) as Partial<JobRecord> & Pick<JobRecord, 'proc' | 'state'>);
}
