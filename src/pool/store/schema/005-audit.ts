/**
 * `audit` says who did what. A record is written in the transaction of what it tells. `share` names the acts with which it shares
 * a part of the space that the audit may take, and `total` is how many bytes all records of that share had by then, removed ones
 * included: so the space that they take is a difference. `open` is 1 while an act goes on, and for ever if the pool was killed in it.
 */
export const audit = `
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, share TEXT NOT NULL, total INTEGER NOT NULL, subject TEXT NOT NULL,
  what TEXT NOT NULL, open INTEGER NOT NULL, record TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_share ON audit (share, total);
`;
