import type { DatabaseSync } from 'node:sqlite';
import type { HistoryCursor, ReferencesAnswer } from './history-rows.ts';
import type { AsideRow, JobRow } from './snapshot-rows.ts';

/** The most rows per turn: other requests wait no longer than one turn. */
const turn = 500;

/** A turn ends after this many digests, however few rows it has read: one job may have ten thousand outputs. */
const mostDigests = 20_000;

/** Before every job of the history. */
const beforeAll: HistoryCursor = { ended: -1, cluster: 0, proc: 0 };
const beforeFirst = { cluster: -1, proc: -1 } as const;

/**
 * Digests of the files that ended jobs and records set aside refer to, some at a time.
 * @param removed jobs of the history up to this one do not count
 */
export function references(
  db: DatabaseSync,
  after: ReferencesAnswer['next'],
  removed: HistoryCursor = beforeAll,
): ReferencesAnswer {
  const { cluster: lastCluster, proc: lastProc } = after ?? beforeFirst;
  const rows = db
    .prepare(
      `SELECT history.cluster, proc, history.record, clusters.owner FROM history LEFT JOIN clusters USING (cluster)
       WHERE (history.cluster, proc) > (?, ?) AND (ended, history.cluster, proc) > (?, ?, ?)
       ORDER BY history.cluster, proc LIMIT ?`,
    )
    .iterate(lastCluster, lastProc, removed.ended, removed.cluster, removed.proc, turn);
  let next: ReferencesAnswer['next'] = null;
  const named: ReferencesAnswer['named'][number][] = [];
  let seen = 0;
  for (const { cluster, proc, record, owner } of rows as Iterable<JobRow & { owner: string | null }>) {
    next = { cluster, proc };
    const digests = digestsIn(record);
    named.push({ owner: owner ?? '', digests });
    seen += digests.length;
    if (seen >= mostDigests) break;
  }
  if (next !== null) return { named, next };
  for (const { record } of db.prepare('SELECT record FROM aside').iterate() as Iterable<AsideRow>)
    named.push({ owner: '', digests: digestsIn(record) });
  return { named, next };
}

/** Anything that looks like a digest counts: a file kept by mistake does less harm than a missing one. */
export const digestsIn = (record: string): readonly string[] => record.match(/sha256:[0-9a-f]{64}/g) ?? [];
