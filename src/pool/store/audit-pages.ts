import type { DatabaseSync } from 'node:sqlite';
import { concerns } from './audit-conditions.ts';
import type { AuditPage, AuditQuery, AuditRow } from './audit-rows.ts';

/** The most records that one request reads, even if few of them are wanted; and the characters after which a page ends. */
const mostRows = 1000;
const mostCharacters = 2 ** 20;

/** Records are in the order of their numbers, and a clock may have been wrong: so many in a row that are too old end a search. */
const mostTooOld = 1000;

const columns = 'SELECT seq, at, subject, what, open, record FROM audit';

/**
 * A page of the audit.
 * @param before an act with this number, or a larger one, may still go on: nobody sees its record before it is finished
 */
export function auditPage(db: DatabaseSync, query: AuditQuery, before: number): AuditPage {
  const { order, from, limit } = query;
  const sql =
    order === 'up'
      ? `${columns} WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ?`
      : `${columns} WHERE seq < ? AND seq < ? ORDER BY seq DESC LIMIT ?`;
  const found = db.prepare(sql).iterate(from, before, mostRows) as Iterable<AuditRow>;
  const mayAsk = mayAskAbout(db, query);
  const rows: AuditRow[] = [];
  let [seen, characters, tooOld, last] = [0, 0, 0, from];
  for (const row of found) {
    seen += 1;
    last = row.seq;
    tooOld = order === 'down' && query.since !== undefined && row.at < query.since ? tooOld + 1 : 0;
    if (tooOld === mostTooOld) return { rows, last, isAll: true };
    if (isWanted(row, query, mayAsk)) {
      rows.push(row);
      characters += row.record.length;
    }
    if (seen === mostRows || rows.length === limit || characters >= mostCharacters)
      return { rows, last, isAll: false };
  }
  return { rows, last, isAll: true };
}

/** Who asks about one job must not learn from the answer what happened to the job of somebody else. */
function mayAskAbout(db: DatabaseSync, { job, viewer }: AuditQuery): boolean {
  if (job === undefined || viewer === undefined) return true;
  const stored = () => db.prepare('SELECT owner FROM clusters WHERE cluster = ?').get(job.cluster)?.owner;
  return (job.owner ?? stored()) === viewer.subject;
}

function isWanted(row: AuditRow, query: AuditQuery, mayAsk: boolean): boolean {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, subject, what } = query;
  if (row.at < since || row.at > until) return false;
  if (subject !== undefined && row.subject !== subject) return false;
  if (what !== undefined && row.what !== what) return false;
  return concerns(row, query, mayAsk);
}
