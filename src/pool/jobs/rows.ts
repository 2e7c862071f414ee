import { describeError } from '#base/error.ts';
import type { HistoryPage, HistoryRow } from '../store/history-rows.ts';
import type { ClusterRow, JobRow } from '../store/snapshot-rows.ts';
import { historyColumns } from './history-columns.ts';
import { type Cluster, isOver, type Job } from './job.ts';
import { newJob } from './new-job.ts';
import { checkCluster, checkJob, parseRecord } from './stored-shapes.ts';

export const clusterToRow = (cluster: Cluster): ClusterRow => ({
  cluster: cluster.id,
  key: cluster.key,
  owner: cluster.owner,
  record: JSON.stringify(cluster),
});

/**
 * The cluster of a row. If the record cannot be read, the cluster has no ad and says why, so that its jobs still exist.
 */
export function clusterFromRow({ cluster: id, key, owner, record }: ClusterRow): Cluster {
  try {
    const fields = parseRecord(record);
    checkCluster(fields);
    return fields;
  } catch (error) {
    const fault = `the record of its cluster cannot be read: ${describeError(error)}`;
    return { id, key, owner, queuedAt: 0, ad: {}, procs: 0, fault };
  }
}

/** @returns a row of the history if the pool is done with the job, otherwise one of the snapshot */
export function jobToRow(job: Job): JobRow {
  const { cluster } = job;
  // Without its cluster. A copy of all fields takes a fraction of the time of one without some, and JSON omits what is undefined.
  const record = JSON.stringify({ ...job, cluster: undefined });
  const row = { cluster: cluster.id, proc: job.proc, record };
  return isOver(job) ? { ...row, ended: job.enteredAt, columns: historyColumns(job) } : row;
}

/** @throws GlideinError StoreFailed if the record cannot be read */
export function jobFromRecord(cluster: Cluster, proc: number, record: string): Job {
  // JSON omits undefined fields, and older versions did not have all of them.
  const fields = parseRecord(record);
  checkJob(fields);
  return newJob(cluster, { ...fields, proc });
}

/** Stands in for a cluster whose row is missing. */
export const lostCluster = (id: number): Cluster => ({
  id,
  key: `unknown/${id}`,
  owner: 'unknown',
  queuedAt: 0,
  ad: {},
  procs: 0,
  fault: 'the record of its cluster is missing',
});

/** The jobs on a page of the history. A job that cannot be read says so in its RemoveReason. */
export function jobsFromHistory({ rows, clusters }: HistoryPage): Job[] {
  const byId = new Map(clusters.map((row) => [row.cluster, clusterFromRow(row)]));
  return rows.map((row) => jobFromHistory(byId.get(row.cluster) ?? lostCluster(row.cluster), row));
}

function jobFromHistory(cluster: Cluster, { proc, ended, record }: HistoryRow): Job {
  try {
    return jobFromRecord(cluster, proc, record);
  } catch (error) {
    const removeReason = `The record of this job cannot be read: ${describeError(error)}`;
    return newJob(cluster, { proc, state: 'Removed', enteredAt: ended, removeReason });
  }
}
