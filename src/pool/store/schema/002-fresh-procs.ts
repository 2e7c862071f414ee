/**
 * `differences` holds what the procs of a submission have of their own, many in one row; it is written together with the
 * submission's journal record and never changes. `clusters.fresh` is JSON: which procs nothing has happened to yet, and what
 * they share; NULL if there are none, and empty while only the journal tells. They have no rows in `jobs`.
 */
export const freshProcs = `
CREATE TABLE differences (
  cluster INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, kind TEXT NOT NULL, names TEXT NOT NULL,
  data BLOB NOT NULL, PRIMARY KEY (cluster, first)
) STRICT;
ALTER TABLE clusters ADD COLUMN fresh TEXT;
CREATE INDEX clusters_with_fresh ON clusters (cluster) WHERE fresh IS NOT NULL;
`;
