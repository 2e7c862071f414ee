import type { FreshProcs } from '../jobs/fresh-procs.ts';
import { freshToRow } from '../jobs/fresh-rows.ts';
import { type Cluster, isOver, type Job } from '../jobs/job.ts';
import { clusterToRow, jobToRow } from '../jobs/rows.ts';
import type { FreshRow } from '../store/snapshot-rows.ts';
import type { Store } from '../store/store.ts';

/** The most rows, and characters in their records, that are folded before other work gets its turn. */
const sliceRows = 1000;
const sliceCharacters = 2 ** 21;

/** The most procs of a cluster that leave rows in the history when they are removed without having been jobs of their own. */
const mostInHistory = 1_000_000;

/** What has changed since the last fold. */
export class Unfolded {
  readonly jobs = new Set<Job>();
  readonly clusters = new Set<Cluster>();
  readonly fresh = new Set<FreshProcs>();

  get isEmpty(): boolean {
    return this.jobs.size + this.fresh.size === 0;
  }

  /** Takes what has changed so far; what changes from now on belongs to the next fold. */
  take(): Fold {
    const fresh = taken(this.fresh);
    return {
      jobs: taken(this.jobs),
      clusters: taken(this.clusters),
      fresh,
      freshRows: fresh.map(freshToRow),
    };
  }

  /** Takes back a fold that could not be written. */
  putBack({ jobs, clusters, fresh }: Fold): void {
    for (const job of jobs) this.jobs.add(job);
    for (const cluster of clusters) this.clusters.add(cluster);
    for (const each of fresh) this.fresh.add(each);
  }
}

function taken<Thing>(things: Set<Thing>): readonly Thing[] {
  const all = [...things];
  things.clear();
  return all;
}

/** What one fold moves from the journal to the snapshot. */
export interface Fold {
  readonly jobs: readonly Job[];
  readonly clusters: readonly Cluster[];
  readonly fresh: readonly FreshProcs[];
  /** As of the beginning: jobs that come out of them later belong to the next fold. */
  readonly freshRows: readonly FreshRow[];
}

/**
 * Writes the rows slice by slice, while the pool goes on. Each row says which journal records it includes, so after a crash in
 * between a replay applies nothing twice. Fresh procs come last: until then they count as such, and jobs that came out of them
 * have their own rows.
 * @param mostEnded how many procs that ended together leave a row in the history
 */
export async function writeFold(
  store: Pick<Store, 'fold'>,
  { jobs, clusters, fresh, freshRows }: Fold,
  mostEnded = mostInHistory,
): Promise<void> {
  for (const rows of inSlices(clusters, clusterToRow)) await store.fold({ clusters: rows });
  for (const rows of inSlices(jobs, jobToRow)) await store.fold({ jobs: rows });
  for (const rows of inSlices(endedTogether(fresh, mostEnded), jobToRow)) await store.fold({ jobs: rows });
  for (let from = 0; from < freshRows.length; from += sliceRows)
    await store.fold({ fresh: freshRows.slice(from, from + sliceRows) });
}

/**
 * Procs that ended together, as jobs for the history: no more than it keeps, since the others would be the first to go. A cluster
 * that is very large leaves none: as in HTCondor, whose late materialization keeps no history of procs that never came into the
 * queue.
 */
function* endedTogether(fresh: readonly FreshProcs[], most: number): Iterable<Job> {
  let left = most;
  for (const each of fresh.toReversed()) {
    if (!isOver(each.shared) || each.cluster.procs > mostInHistory) continue;
    for (const job of each.descending()) {
      if (left === 0) return;
      left -= 1;
      yield job;
    }
  }
}

/** Rows in slices. Each row is made when its slice has its turn, so it has the state of that moment. */
function* inSlices<Thing, Row extends { readonly record: string }>(
  things: Iterable<Thing>,
  toRow: (thing: Thing) => Row,
): Iterable<readonly Row[]> {
  let rows: Row[] = [];
  let characters = 0;
  for (const thing of things) {
    const row = toRow(thing);
    rows.push(row);
    characters += row.record.length;
    if (rows.length < sliceRows && characters < sliceCharacters) continue;
    yield rows;
    rows = [];
    characters = 0;
  }
  if (rows.length > 0) yield rows;
}
