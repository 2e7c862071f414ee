import type { StatementSync } from 'node:sqlite';
import { parseExpression } from '#classad/parser.ts';
import { ClusterVerdicts } from './cluster-verdicts.ts';
import type { Connection } from './connection.ts';
import { type Conditions, conditionsOf } from './history-conditions.ts';
import { afterPosition, historyOrder, Page, position } from './history-pages.ts';
import type { HistoryCursor, HistoryRow, HistorySearch, HistorySlice } from './history-rows.ts';

/** The most rows that one call looks at: appends wait for a few milliseconds. */
const sliceRows = 10_000;

/** Searches whose verdicts about clusters are kept for their next slices. */
const mostSearches = 8;

/** Rows that differ in neither get the same verdict. `names` are unknown in rows of older versions. */
interface Kind {
  readonly cluster: number;
  readonly names: string | null;
}

/** A search with its statements, which are as varied as people's constraints. */
interface Prepared {
  readonly values: Conditions['values'];
  readonly verdicts: ClusterVerdicts;
  /** The kinds of rows in a range. */
  readonly kinds: StatementSync;
  /** The rows in a range, newest first. */
  readonly rows: StatementSync;
}

/** Searches of the history: finds what the columns and the clusters do not rule out. */
export class HistorySearches {
  readonly #connection: Connection;
  readonly #prepared = new Map<string, Prepared>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * What is found among the next rows after `before`, newest first.
   * @param limit the most rows
   */
  slice(before: HistoryCursor | undefined, limit: number, search: HistorySearch): HistorySlice {
    const start = position(before);
    const end = this.#ahead(start, sliceRows);
    const range = [...start, end?.ended ?? -1, end?.cluster ?? 0, end?.proc ?? 0];
    const page = new Page(this.#connection);
    for (const found of notRuledOut(this.#prepare(search), range)) {
      if (page.length >= limit || page.isFull) return page.slice(page.last);
      const row = this.#row(found);
      if (row !== undefined) page.add(row);
    }
    return page.slice(end);
  }

  /** The row that many rows on; undefined if there are fewer. */
  #ahead(start: readonly number[], rows: number): HistoryCursor | undefined {
    const sql = `SELECT ended, cluster, proc FROM history WHERE ${afterPosition} ${historyOrder} LIMIT 1 OFFSET ?`;
    return this.#connection.all<HistoryCursor>(sql, ...start, rows - 1)[0];
  }

  #row({ ended, cluster, proc }: HistoryCursor): HistoryRow | undefined {
    const sql = 'SELECT record FROM history WHERE cluster = ? AND proc = ?';
    const [row] = this.#connection.all<{ record: string }>(sql, cluster, proc);
    return row && { ended, cluster, proc, record: row.record };
  }

  #prepare(search: HistorySearch): Prepared {
    const known = this.#prepared.get(search.constraint);
    if (known !== undefined) return known;
    const conditions = conditionsOf(parseExpression(search.constraint));
    const made: Prepared = {
      values: conditions?.values ?? [],
      verdicts: new ClusterVerdicts(this.#connection, search),
      kinds: this.#connection.db.prepare(`SELECT DISTINCT cluster, names ${among(conditions)}`),
      rows: this.#connection.db.prepare(
        `SELECT ended, cluster, proc, names ${among(conditions)} ${historyOrder}`,
      ),
    };
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size >= mostSearches && oldest !== undefined) this.#prepared.delete(oldest);
    this.#prepared.set(search.constraint, made);
    return made;
  }
}

/** SQL for the rows between two positions for which the conditions are true, or unknown. */
const among = (conditions?: Conditions): string =>
  `FROM history WHERE ${afterPosition} AND (ended, cluster, proc) >= (?, ?, ?)
   AND (status IS NULL OR ${conditions?.sql ?? 'TRUE'})`;

/** The rows that neither their columns nor their clusters rule out; in most ranges that is none. */
function* notRuledOut(
  { values, verdicts, kinds, rows }: Prepared,
  range: readonly number[],
): Generator<HistoryCursor> {
  const mayHold = ({ cluster, names }: Kind) => names === null || verdicts.mayHold(cluster, names);
  const found = kinds.all(...range, ...values) as unknown as Kind[];
  if (!found.some(mayHold)) return;
  for (const row of rows.iterate(...range, ...values) as Iterable<HistoryCursor & Kind>)
    if (mayHold(row)) yield row;
}
