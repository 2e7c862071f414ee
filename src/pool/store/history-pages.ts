import type { Connection } from './connection.ts';
import type { HistoryCursor, HistoryPage, HistoryRow, HistorySlice } from './history-rows.ts';
import type { ClusterRow } from './snapshot-rows.ts';

/** A page ends after this many characters, however few rows it has: one record may be megabytes long. */
const mostCharacters = 2 ** 21;

/** Newest first. */
export const historyOrder = 'ORDER BY ended DESC, cluster DESC, proc DESC';

/** SQL for what comes after a position. */
export const afterPosition = '(ended, cluster, proc) < (?, ?, ?)';

export const position = (before: HistoryCursor | undefined): readonly [number, number, number] =>
  before === undefined ? [Number.MAX_SAFE_INTEGER, 0, 0] : [before.ended, before.cluster, before.proc];

/** A page of ended jobs that comes after `before`, newest first. */
export function newestFirst(
  connection: Connection,
  before: HistoryCursor | undefined,
  limit: number,
): HistorySlice {
  const page = new Page(connection);
  const found = connection.db
    .prepare(
      `SELECT ended, cluster, proc, record FROM history WHERE ${afterPosition} ${historyOrder} LIMIT ?`,
    )
    .iterate(...position(before), limit) as Iterable<HistoryRow>;
  for (const row of found) {
    page.add(row);
    if (page.isFull) break;
  }
  return page.slice(page.last);
}

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
  readonly #rows: HistoryRow[] = [];
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
    this.#rows.push(row);
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

  get length(): number {
    return this.#rows.length;
  }

  get last(): HistoryRow | undefined {
    return this.#rows.at(-1);
  }

  /** @param next the position after which the next slice begins; undefined at the end */
  slice(next: HistoryCursor | undefined): HistorySlice {
    const position = next && { ended: next.ended, cluster: next.cluster, proc: next.proc };
    return { ...this.plain(), next: position ?? null };
  }

  /** What is sent to the core. */
  plain(): HistoryPage {
    return { rows: this.#rows, clusters: this.#clusters };
  }
}
