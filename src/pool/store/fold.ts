import type { Connection } from './connection.ts';
import type { DifferencesRow, FreshRow, HistoryColumns, JobRow } from './snapshot-rows.ts';
import type { StoreRequest } from './store-messages.ts';

const columns = [
  'status',
  'owner',
  'submitted',
  'exitCode',
  'exitSignal',
  'starts',
  'wallSeconds',
  'memory',
  'host',
  'names',
] as const satisfies readonly (keyof HistoryColumns)[];

/** Stores rows that have changed. Each row says which journal records it includes, so they may come in several calls. */
export function fold(
  connection: Connection,
  { clusters, jobs, fresh }: Extract<StoreRequest, { op: 'fold' }>,
): null {
  return connection.transaction(() => {
    const put = connection.prepared(
      `INSERT INTO clusters (cluster, key, owner, record, fresh) VALUES (?, ?, ?, ?, '')
       ON CONFLICT (cluster) DO UPDATE SET record = excluded.record`,
    );
    for (const row of clusters) put.run(row.cluster, row.key, row.owner, row.record);
    foldJobs(connection, jobs);
    for (const row of fresh) foldFresh(connection, row);
  });
}

function foldJobs(connection: Connection, jobs: readonly JobRow[]): void {
  const putJob = connection.prepared('INSERT OR REPLACE INTO jobs (cluster, proc, record) VALUES (?, ?, ?)');
  const dropJob = connection.prepared('DELETE FROM jobs WHERE cluster = ? AND proc = ?');
  const putHistory = connection.prepared(
    `INSERT OR REPLACE INTO history (ended, cluster, proc, record, ${columns.join(', ')})
     VALUES (?, ?, ?, ?, ${columns.map(() => '?').join(', ')})`,
  );
  for (const row of jobs) {
    if (row.ended === undefined) {
      putJob.run(row.cluster, row.proc, row.record);
    } else {
      dropJob.run(row.cluster, row.proc);
      const values = columns.map((column) => row.columns?.[column] ?? null);
      putHistory.run(row.ended, row.cluster, row.proc, row.record, ...values);
    }
  }
}

/** Also deletes the differences that none of these procs needs any more. */
function foldFresh(connection: Connection, { cluster, fresh, procs }: FreshRow): void {
  connection.prepared('UPDATE clusters SET fresh = ? WHERE cluster = ?').run(fresh, cluster);
  const drop = connection.prepared('DELETE FROM differences WHERE cluster = ? AND first = ?');
  const parts = connection.all<Pick<DifferencesRow, 'first' | 'count'>>(
    'SELECT first, count FROM differences WHERE cluster = ? ORDER BY first',
    cluster,
  );
  let run = 0;
  for (const { first, count } of parts) {
    while ((procs[run]?.[1] ?? Number.POSITIVE_INFINITY) < first) run += 1;
    const next = procs[run];
    if (next === undefined || next[0] >= first + count) drop.run(cluster, first);
  }
}

/** Deletes the journal through this record, because the rows include it. Its number is never used again. */
export function endFold(connection: Connection, through: number): null {
  return connection.transaction(() => {
    connection.prepared('DELETE FROM journal WHERE seq <= ?').run(through);
    connection.set('folded', String(through));
  });
}
