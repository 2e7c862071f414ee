import { writeAudit } from './audit.ts';
import type { Connection } from './connection.ts';
import type { EventRow } from './event-rows.ts';
import type { DifferencesRow } from './snapshot-rows.ts';
import type { StoreRequest } from './store-messages.ts';

/**
 * Adds records to the journal, with their events. Keeps the last cluster number outside of the record too: a record that becomes
 * unreadable cannot tell it any more.
 */
export function append(
  connection: Connection,
  { first, records, events, audit, differences, lastCluster }: Extract<StoreRequest, { op: 'append' }>,
): null {
  return connection.transaction(() => {
    if (lastCluster !== undefined) connection.set('lastCluster', String(lastCluster));
    const insert = connection.prepared('INSERT INTO journal (seq, record) VALUES (?, ?)');
    for (const [index, record] of records.entries()) insert.run(first + index, record);
    keep(connection, differences);
    tell(connection, events);
    writeAudit(connection, audit);
  });
}

function keep(connection: Connection, differences: readonly DifferencesRow[]): void {
  const insert = connection.prepared(
    'INSERT INTO differences (cluster, first, count, kind, names, data) VALUES (?, ?, ?, ?, ?, ?)',
  );
  for (const { cluster, first, count, kind, names, data } of differences)
    insert.run(cluster, first, count, kind, names, data);
}

function tell(connection: Connection, events: readonly EventRow[]): void {
  const insert = connection.prepared(
    'INSERT INTO events (seq, cluster, proc, owner, at, detail) VALUES (?, ?, ?, ?, ?, ?)',
  );
  for (const { seq, cluster, proc, owner, at, detail } of events)
    insert.run(seq, cluster, proc, owner, at, detail);
}
