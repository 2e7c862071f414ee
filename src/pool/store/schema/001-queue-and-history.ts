/**
 * The first tables. `journal` holds every transition since the last fold; a fold moves them into the snapshot, which is
 * `clusters` and `jobs` (idle, running and held jobs) and `history` (ended jobs). Records are JSON; one that a starting pool
 * cannot read is copied to `aside`, where people can look at it. `events` holds the events for owners of jobs, in the order
 * of the journal; each is written together with the journal record of the same number. `meta` holds single values.
 *
 * **Gotchas.** Some of these tables were added while the number stayed 1, so a database of version 1 may lack them: this step
 * is applied to it once more, and therefore creates only what is missing.
 */
export const queueAndHistory = `
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
