import type { Connection } from './connection.ts';
import type { ClusterRow, HistoryPage, HistoryRow } from './store-messages.ts';

/** A page ends after this many characters, however few rows it has: one record may be megabytes long. */
const mostCharacters = 2 ** 21;

/** A page of the ended jobs of one cluster, by proc, that comes after proc `after`. */
export function byProc(connection: Connection, cluster: number, after: number, limit: number): HistoryPage {
  const page = new Page(connection);
  const found = connection.db
    .prepare(
      'SELECT ended, cluster, proc, record FROM history WHERE cluster = ? AND proc > ? ORDER BY proc LIMIT ?',
    )
    .iterate(cluster, after, limit) as Iterable<HistoryRow>;
  for (const row of found) {
    page.add(row);
    if (page.isFull) break;
  }
  return page.plain();
}

/** As many rows as fit on a page, and the row of each of their clusters once. */
export class Page {
  readonly rows: HistoryRow[] = [];
  readonly #clusters: ClusterRow[] = [];
  readonly #connection: Connection;
  readonly #known = new Set<number>();
  #characters = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get isFull(): boolean {
    return this.#characters >= mostCharacters;
  }

  add(row: HistoryRow): void {
    this.rows.push(row);
    this.#characters += row.record.length;
    if (this.#known.has(row.cluster)) return;
    this.#known.add(row.cluster);
    const [cluster] = this.#connection.all<ClusterRow>(
      'SELECT * FROM clusters WHERE cluster = ?',
      row.cluster,
    );
    if (cluster === undefined) return;
    this.#clusters.push(cluster);
    this.#characters += cluster.record.length;
  }

  /** What is sent to the core. */
  plain(): HistoryPage {
    return { rows: this.rows, clusters: this.#clusters };
  }
}
