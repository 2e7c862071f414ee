import type { Connection } from './connection.ts';
import type { AsideRow } from './snapshot-rows.ts';

/** Keeps records that could not be read. Skips what an earlier start has already set aside. */
export function setAside(connection: Connection, rows: readonly AsideRow[]): null {
  return connection.transaction(() => {
    const insert = connection.prepared(
      `INSERT INTO aside (source, name, reason, record) SELECT ?, ?, ?, ?
       WHERE NOT EXISTS (SELECT 1 FROM aside WHERE source = ? AND name = ? AND record = ?)`,
    );
    for (const { source, name, reason, record } of rows)
      insert.run(source, name, reason, record, source, name, record);
  });
}
