/**
 * The tables of a pool's database. `journal` is the truth that is newer than the snapshot; folding moves it into
 * `clusters` and `jobs` (what waits and runs) and `history` (what has ended). Records are JSON;
 * one that a starting pool cannot read is copied to `aside`, where people may look at it. `events` tells in the order of the
 * journal what the owners of jobs are to hear of; it is written with the journal's record of the same number.
 */
export const schema = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS clusters (
  cluster INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, record TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS jobs (
  cluster INTEGER NOT NULL, proc INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (cluster, proc)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
  ended INTEGER NOT NULL, cluster INTEGER NOT NULL, proc INTEGER NOT NULL, record TEXT NOT NULL,
  PRIMARY KEY (cluster, proc)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aside (
  source TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, record TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY, cluster INTEGER NOT NULL, proc INTEGER NOT NULL, owner TEXT NOT NULL, at REAL NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_by_cluster ON events (cluster, seq);
CREATE INDEX IF NOT EXISTS history_by_end ON history (ended DESC, cluster DESC, proc DESC);
`;

/** Raised when tables change in a way that an older program would misread. */
export const schemaVersion = 1;
