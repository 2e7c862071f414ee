/**
 * What each submitter has used. `priority` and `used` (core-milliseconds) are those of the moment `at`; what a submitter has used
 * since follows from its claims. Times are epoch milliseconds. `factor` is NULL unless an admin has set it.
 */
export const accounts = `
CREATE TABLE accounts (
  name TEXT PRIMARY KEY, priority REAL NOT NULL, at REAL NOT NULL, used REAL NOT NULL,
  began REAL, lastUsed REAL, factor REAL
) STRICT, WITHOUT ROWID;
`;
