import type { Connection } from './connection.ts';
import type { ClusterRow, JobRow } from './store-messages.ts';

/** Stores rows that have changed. Each row says which journal records it includes, so they may come in several calls. */
export function fold(connection: Connection, clusters: readonly ClusterRow[], jobs: readonly JobRow[]): null {
  return connection.transaction(() => {
    const put = connection.prepared(
      'INSERT OR REPLACE INTO clusters (cluster, key, owner, record) VALUES (?, ?, ?, ?)',
    );
    for (const row of clusters) put.run(row.cluster, row.key, row.owner, row.record);
    foldJobs(connection, jobs);
  });
}

function foldJobs(connection: Connection, jobs: readonly JobRow[]): void {
  const putJob = connection.prepared('INSERT OR REPLACE INTO jobs (cluster, proc, record) VALUES (?, ?, ?)');
  const dropJob = connection.prepared('DELETE FROM jobs WHERE cluster = ? AND proc = ?');
  const putHistory = connection.prepared(
    'INSERT OR REPLACE INTO history (ended, cluster, proc, record) VALUES (?, ?, ?, ?)',
  );
  for (const row of jobs) {
    if (row.ended === undefined) {
      putJob.run(row.cluster, row.proc, row.record);
    } else {
      dropJob.run(row.cluster, row.proc);
      putHistory.run(row.ended, row.cluster, row.proc, row.record);
    }
  }
}

/** Deletes the journal through this record, because the rows include it. Its number is never used again. */
export function endFold(connection: Connection, through: number): null {
  return connection.transaction(() => {
    connection.prepared('DELETE FROM journal WHERE seq <= ?').run(through);
    connection.set('folded', String(through));
  });
}
