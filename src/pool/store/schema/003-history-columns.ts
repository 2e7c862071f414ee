/**
 * What constraints on the history ask for most, beside the records, and in the index by which the history is listed: a search
 * reads no record that these rule out. `status` is NULL in rows of older versions, and where the columns cannot tell what an
 * expression would read. Times are seconds; `names` are the attributes in which the proc differs from its cluster.
 */
export const historyColumns = `
ALTER TABLE history ADD COLUMN status INTEGER;
ALTER TABLE history ADD COLUMN owner TEXT;
ALTER TABLE history ADD COLUMN submitted INTEGER;
ALTER TABLE history ADD COLUMN exitCode INTEGER;
ALTER TABLE history ADD COLUMN exitSignal INTEGER;
ALTER TABLE history ADD COLUMN starts INTEGER;
ALTER TABLE history ADD COLUMN wallSeconds REAL;
ALTER TABLE history ADD COLUMN memory INTEGER;
ALTER TABLE history ADD COLUMN host TEXT;
ALTER TABLE history ADD COLUMN names TEXT;
DROP INDEX history_by_end;
CREATE INDEX history_by_end ON history (
  ended DESC, cluster DESC, proc DESC,
  status, owner, submitted, exitCode, exitSignal, starts, wallSeconds, memory, host, names
);
`;
