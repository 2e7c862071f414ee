import type { DatabaseSync } from 'node:sqlite';
import type { AsideRow, JobRow, Limits, PruneAnswer, ReferencesAnswer } from './store-messages.ts';

/** The most rows per turn: other requests wait no longer than one turn. */
const turn = 500;

/** A turn ends after this many digests, however few rows it has read: one job may have ten thousand outputs. */
const mostDigests = 20_000;

/** The most pages of the file that one turn returns to the volume. */
const pages = 2000;

/** Removes some of the jobs of the history that are too old or too many. */
export function pruneHistory(db: DatabaseSync, { endedBefore, mostRows }: Limits): PruneAnswer {
  const { count } = db.prepare('SELECT count(*) AS count FROM history').get() as { count: number };
  const tooMany = Math.max(0, count - mostRows);
  const { changes } = db
    .prepare(
      `DELETE FROM history WHERE (cluster, proc) IN (
         SELECT cluster, proc FROM history WHERE ended < ? ORDER BY ended, cluster, proc LIMIT ?)`,
    )
    .run(tooMany > 0 ? Number.MAX_SAFE_INTEGER : endedBefore, tooMany > 0 ? Math.min(tooMany, turn) : turn);
  const isDone = changes === 0 && !shrinks(db);
  // The file of the write-ahead log never shrinks by itself.
  if (isDone) db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  return { removed: Number(changes), next: isDone ? null : 0 };
}

/** Returns some unused pages to the volume. A database that an older version created cannot do so. */
function shrinks(db: DatabaseSync): boolean {
  const unused = () =>
    (db.prepare('PRAGMA freelist_count').get() as { freelist_count: number }).freelist_count;
  const before = unused();
  db.exec(`PRAGMA incremental_vacuum(${pages})`);
  return unused() < before;
}

/**
 * Removes clusters of which no job is left, some at a time. The largest cluster number is kept, so that no number is used
 * twice.
 * @param after the last cluster of the turn before
 */
export function pruneClusters(db: DatabaseSync, queuedBefore: number, after: number): PruneAnswer {
  const rows = db
    .prepare('SELECT cluster FROM clusters WHERE cluster > ? ORDER BY cluster LIMIT ?')
    .all(after, turn) as { cluster: number }[];
  const last = rows.at(-1)?.cluster;
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
         AND CASE WHEN json_valid(record) THEN json_extract(record, '$.queuedAt') END < ?`,
    )
    .run(after, last, queuedBefore);
  return { removed: Number(changes), next: last };
}

/**
 * Removes events of clusters of which no job is left, some at a time. Events that are newer than the last fold stay: their
 * jobs may still be in the journal alone.
 * @param after the last event of the turn before
 */
export function pruneEvents(db: DatabaseSync, toldBefore: number, after: number): PruneAnswer {
  const rows = db.prepare('SELECT seq FROM events WHERE seq > ? ORDER BY seq LIMIT ?').all(after, turn) as {
    seq: number;
  }[];
  const last = rows.at(-1)?.seq;
  if (last === undefined) return { removed: 0, next: null };
  const { changes } = db
    .prepare(
      `DELETE FROM events WHERE seq > ? AND seq <= ? AND at < ?
         AND seq <= (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'folded')
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.cluster = events.cluster)
         AND NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.cluster = events.cluster AND fresh IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM history WHERE history.cluster = events.cluster)`,
    )
    .run(after, last, toldBefore);
  return { removed: Number(changes), next: last };
}

/** Digests of the files that ended jobs and records set aside refer to, some at a time. */
export function references(db: DatabaseSync, after: ReferencesAnswer['next']): ReferencesAnswer {
  const rows = db
    .prepare(
      `SELECT history.cluster, proc, history.record, clusters.owner FROM history LEFT JOIN clusters USING (cluster)
         WHERE (history.cluster, proc) > (?, ?) ORDER BY history.cluster, proc LIMIT ?`,
    )
    .iterate(after?.cluster ?? -1, after?.proc ?? -1, turn);
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
