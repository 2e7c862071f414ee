import type { Connection } from './connection.ts';
import type { StoredPart } from './snapshot-rows.ts';

/** SQL for a field of a journal record; NULL for a record that is not JSON, which must not fail the whole query. */
const field = (name: string): string =>
  `CASE WHEN json_valid(record) THEN json_extract(record, '$.${name}') END`;

/** SQL for jobs of the history that the journal mentions again, because a result came after they had ended. */
const latecomers = (...columns: readonly ('cluster' | 'proc')[]): string =>
  `SELECT ${columns.map((column) => field(`job.${column}`)).join(', ')}
   FROM journal WHERE ${field('type')} = 'late'`;

/** The queries for everything that is stored, in the order in which a starting pool needs the rows. */
const stored = {
  differences: 'SELECT * FROM differences',
  clusters: `SELECT * FROM clusters WHERE fresh IS NOT NULL
    OR cluster IN (SELECT cluster FROM jobs UNION ${latecomers('cluster')})`,
  jobs: `SELECT cluster, proc, record FROM jobs UNION ALL
    SELECT cluster, proc, record FROM history WHERE (cluster, proc) IN (${latecomers('cluster', 'proc')})`,
  ended: `SELECT cluster, proc FROM history WHERE cluster IN (
      SELECT ${field('cluster')} FROM journal WHERE ${field('type')} = 'submit')
    UNION ALL SELECT history.cluster, history.proc FROM clusters
      JOIN json_each(CASE WHEN json_valid(fresh) THEN fresh END, '$.procs') AS run
      JOIN history ON history.cluster = clusters.cluster AND history.proc BETWEEN run.value ->> 0 AND run.value ->> 1
    WHERE fresh IS NOT NULL`,
  journal: 'SELECT seq, record FROM journal ORDER BY seq',
} as const;

/** The most rows, and characters in their records, that one part of the stored data holds. */
const mostRows = 2000;
const mostCharacters = 2 ** 21;

/** Everything that a starting pool reads, in parts. */
export function* storedParts(connection: Connection): Generator<StoredPart, void> {
  for (const kind of Object.keys(stored) as (keyof typeof stored)[]) {
    for (const rows of inParts(connection, stored[kind]))
      yield { differences: [], clusters: [], jobs: [], ended: [], journal: [], [kind]: rows };
  }
}

function* inParts(connection: Connection, sql: string): Generator<unknown[], void> {
  let rows: unknown[] = [];
  let characters = 0;
  for (const row of connection.db.prepare(sql).iterate()) {
    rows.push(row);
    characters += sizeOf(row['record']) + sizeOf(row['data']);
    if (rows.length < mostRows && characters < mostCharacters) continue;
    yield rows;
    rows = [];
    characters = 0;
  }
  if (rows.length > 0) yield rows;
}

const sizeOf = (value: unknown): number =>
  typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
