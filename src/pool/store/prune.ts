import type { DatabaseSync } from 'node:sqlite';
import { afterPosition, historyOrder, position } from './history-pages.ts';
import type { HistoryCursor, Passed, PruneAnswer, Stale } from './history-rows.ts';

/** The most rows per turn: other requests wait no longer than one turn. */
const turn = 500;

/** The most pages of the file that one turn returns to the volume. */
const pages = 2000;

/**
 * Removes the oldest jobs of the history up to a position, some at a time. A row stays until the fold that wrote it is
 * complete: a pool that was killed meanwhile finds out from the history which jobs have left their cluster.
 * @param end the newest job that is removed
 */
export function pruneHistory(db: DatabaseSync, end: HistoryCursor): PruneAnswer {
  const { changes } = db
    .prepare(
      `DELETE FROM history WHERE (cluster, proc) IN (
         SELECT cluster, proc FROM history WHERE (ended, cluster, proc) <= (?, ?, ?)
           AND CASE WHEN json_valid(record) THEN ifnull(json_extract(record, '$.seq'), 0) ELSE 0 END <= ${folded}
         ORDER BY ended, cluster, proc LIMIT ?)`,
    )
    .run(end.ended, end.cluster, end.proc, turn);
  return { removed: Number(changes), next: changes === 0 ? null : 0 };
}

/** The newest record that a completed fold includes. */
const folded = `ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'folded'), 0)`;

/** Passes over so many jobs of the history after `before`, newest first, or over all that are left. It reads the index alone. */
export function historyAhead(db: DatabaseSync, before: HistoryCursor | undefined, rows: number): Passed {
  const start = position(before);
  const last = db
    .prepare(
      `SELECT ended, cluster, proc FROM history WHERE ${afterPosition} ${historyOrder} LIMIT 1 OFFSET ?`,
    )
    .get(...start, rows - 1) as HistoryCursor | undefined;
  if (last !== undefined) return { last, rows };
  const sql = `SELECT count(*) AS rows FROM history WHERE ${afterPosition}`;
  return { last: null, rows: (db.prepare(sql).get(...start) as { rows: number }).rows };
}

/** Returns some unused pages of the file to the volume. */
export function shrink(db: DatabaseSync): PruneAnswer {
  if (shrinks(db)) return { removed: 0, next: 0 };
  // The file of the write-ahead log never shrinks by itself.
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  return { removed: 0, next: null };
}

/** A database that an older version created cannot do so. */
function shrinks(db: DatabaseSync): boolean {
  const unused = () =>
    (db.prepare('PRAGMA freelist_count').get() as { freelist_count: number }).freelist_count;
  const before = unused();
  db.exec(`PRAGMA incremental_vacuum(${pages})`);
  return unused() < before;
}

/** When a cluster was submitted; NULL if its record cannot be read, which is then kept for its age. */
const queuedAt = "CASE WHEN json_valid(record) THEN json_extract(record, '$.queuedAt') END";

/**
 * Removes clusters of which no job is left, some at a time. The largest cluster number is kept, so that no number is used
 * twice.
 */
export function pruneClusters(db: DatabaseSync, { before, through, after }: Stale): PruneAnswer {
  const rows = db
    .prepare(
      `SELECT cluster, ${queuedAt} AS queuedAt FROM clusters WHERE cluster > ? ORDER BY cluster LIMIT ?`,
    )
    .all(after, turn) as { cluster: number; queuedAt: number | null }[];
  const last = rows.findLast((row) => row.cluster <= through || (row.queuedAt ?? 0) < before)?.cluster;
  if (last === undefined) return { removed: 0, next: null };
  db.exec(`INSERT OR REPLACE INTO meta (name, value)
    SELECT 'lastCluster', max(cluster) FROM (SELECT cluster FROM clusters UNION ALL
      SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'lastCluster')`);
  const { changes } = db
    .prepare(
      `DELETE FROM clusters WHERE cluster > ? AND cluster <= ?
         AND fresh IS NULL
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.cluster = clusters.cluster)
         AND NOT EXISTS (SELECT 1 FROM differences WHERE differences.cluster = clusters.cluster)
         AND NOT EXISTS (SELECT 1 FROM history WHERE history.cluster = clusters.cluster)
         AND (cluster <= ? OR ${queuedAt} < ?)`,
    )
    .run(after, last, through, before);
  return { removed: Number(changes), next: last };
}

/**
 * Removes events of clusters of which no job is left, some at a time. Events that are newer than the last fold stay: their
 * jobs may still be in the journal alone.
 */
export function pruneEvents(db: DatabaseSync, { before, through, after }: Stale): PruneAnswer {
  const rows = db
    .prepare('SELECT seq, at FROM events WHERE seq > ? ORDER BY seq LIMIT ?')
    .all(after, turn) as { seq: number; at: number }[];
  const last = rows.findLast(({ seq, at }) => seq <= through || at < before)?.seq;
  if (last === undefined) return { removed: 0, next: null };
  const { changes } = db
    .prepare(
      `DELETE FROM events WHERE seq > ? AND seq <= ? AND (seq <= ? OR at < ?)
         AND seq <= ${folded}
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.cluster = events.cluster)
         AND NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.cluster = events.cluster AND fresh IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM history WHERE history.cluster = events.cluster)`,
    )
    .run(after, last, through, before);
  return { removed: Number(changes), next: last };
}
