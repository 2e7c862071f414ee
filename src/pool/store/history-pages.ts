import type { DatabaseSync } from 'node:sqlite';
import type { ClusterRow, HistoryCursor, HistoryPage, HistoryRow } from './store-messages.ts';

/** A page ends after this many characters, however few rows it has: one record may be megabytes long. */
const mostCharacters = 2 ** 21;

const columns = 'SELECT ended, cluster, proc, record FROM history';

/** A page of ended jobs that comes after `before`, newest first. */
export function newestFirst(db: DatabaseSync, before: HistoryCursor | undefined, limit: number): HistoryPage {
  const order = 'ORDER BY ended DESC, cluster DESC, proc DESC LIMIT ?';
  if (before === undefined) return page(db, db.prepare(`${columns} ${order}`).iterate(limit));
  const { ended, cluster, proc } = before;
  const sql = `${columns} WHERE (ended, cluster, proc) < (?, ?, ?) ${order}`;
  return page(db, db.prepare(sql).iterate(ended, cluster, proc, limit));
}

/** A page of the ended jobs of one cluster, by proc, that comes after proc `after`. */
export function byProc(db: DatabaseSync, cluster: number, after: number, limit: number): HistoryPage {
  const sql = `${columns} WHERE cluster = ? AND proc > ? ORDER BY proc LIMIT ?`;
  return page(db, db.prepare(sql).iterate(cluster, after, limit));
}

/** As many rows as fit on a page, and the row of each of their clusters once. */
function page(db: DatabaseSync, found: Iterable<unknown>): HistoryPage {
  const clusterOf = db.prepare('SELECT * FROM clusters WHERE cluster = ?');
  const rows: HistoryRow[] = [];
  const clusters = new Map<number, ClusterRow>();
  let characters = 0;
  for (const row of found as Iterable<HistoryRow>) {
    rows.push(row);
    characters += row.record.length;
    if (!clusters.has(row.cluster)) {
      const cluster = clusterOf.get(row.cluster) as ClusterRow | undefined;
      if (cluster !== undefined) clusters.set(row.cluster, cluster);
      characters += cluster?.record.length ?? 0;
    }
    if (characters >= mostCharacters) break;
  }
  return { rows, clusters: [...clusters.values()] };
}
