import { writeAudit } from './audit.ts';
import type { Connection } from './connection.ts';
import type { AccountRow } from './snapshot-rows.ts';
import type { StoreRequest } from './store-messages.ts';

const columns = 'name, priority, at, used, began, lastUsed, factor';

/** What each submitter had used when it was last stored. */
export const accountRows = (connection: Connection): readonly AccountRow[] =>
  connection.all<AccountRow>(`SELECT ${columns} FROM accounts`);

/** Stores accounts that have changed, and forgets others, with the record of who wanted that. */
export function storeAccounts(
  connection: Connection,
  { changed, forgotten, audit }: Extract<StoreRequest, { op: 'storeAccounts' }>,
): null {
  return connection.transaction(() => {
    const put = connection.prepared(
      `INSERT OR REPLACE INTO accounts (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const { name, priority, at, used, began, lastUsed, factor } of changed)
      put.run(name, priority, at, used, began, lastUsed, factor);
    const drop = connection.prepared('DELETE FROM accounts WHERE name = ?');
    for (const name of forgotten) drop.run(name);
    writeAudit(connection, audit);
  });
}
