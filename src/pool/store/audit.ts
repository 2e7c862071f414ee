import { type AuditRow, auditShares, type StaleAudit } from './audit-rows.ts';
import type { Connection } from './connection.ts';
import type { PruneAnswer } from './history-rows.ts';

/** Bytes that a record takes in the file besides its text. */
const overhead = 150;

/** The most rows that one turn removes: other requests wait no longer than one turn. */
const turn = 500;

/** Writes records of the audit, or those again whose acts have gone on. Call it in the transaction of what they tell. */
export function writeAudit(connection: Connection, rows: readonly AuditRow[]): void {
  if (rows.length === 0) return;
  const put = connection.prepared(
    `INSERT INTO audit (seq, at, share, total, subject, what, open, record)
       VALUES (?1, ?2, ?3, ifnull((SELECT max(total) FROM audit WHERE share = ?3), 0) + ?4, ?5, ?6, ?7, ?8)
     ON CONFLICT (seq) DO UPDATE SET open = excluded.open, record = excluded.record`,
  );
  for (const { seq, at, share, subject, what, open, record } of rows)
    put.run(seq, at, share, record.length + overhead, subject, what, open, record);
}

/**
 * Removes the oldest records, some at a time. The newest of all stays, so that no number is used twice, and so does that of an
 * act which still goes on.
 */
export function pruneAudit(connection: Connection, { before, bytes }: StaleAudit): PruneAnswer {
  const remove = connection.prepared(
    `DELETE FROM audit WHERE seq IN (
       SELECT seq FROM (SELECT seq, at, total FROM audit WHERE share = ?1 ORDER BY total LIMIT ?4)
       WHERE (at < ?2 OR total <= (SELECT max(total) FROM audit WHERE share = ?1) - ?3)
         AND seq < (SELECT max(seq) FROM audit))`,
  );
  let removed = 0;
  for (const share of auditShares) removed += Number(remove.run(share, before, bytes, turn).changes);
  return { removed, next: removed === 0 ? null : 0 };
}
