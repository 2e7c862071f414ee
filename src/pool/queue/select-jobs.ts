import { parseExpression } from '#classad/grammar.ts';
import type { JobAction } from '#wire/jobs.ts';
import { isOwner } from '../auth/access.ts';
import type { Identity } from '../auth/tokens.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import { type Cluster, type Job, jobName } from '../jobs/job.ts';
import type { JobKey } from '../jobs/transition.ts';
import { Constraint } from './constraint.ts';
import type { HistoryOptions } from './history.ts';
import type { Queue } from './queue.ts';

/** What an action selects without naming jobs. */
export type Selection = Pick<JobAction, 'all' | 'owners' | 'constraint' | 'after'>;

/** The parts of the pool that a selection needs. */
export interface SelectedFrom extends Pick<HistoryOptions, 'ads' | 'clock'> {
  readonly queue: Queue;
}

/** Whether an action selects jobs in any other way than by their names. */
export const selects = ({ all, owners, constraint }: Selection): boolean =>
  all === true || owners !== undefined || constraint !== undefined;

/** What a selection finds: a job, or nothing so far. */
export interface Found {
  readonly job?: Job | undefined;
  /** How far it has come, as a cursor. */
  readonly through: string;
}

/**
 * The jobs in the queue that are selected, ordered by cluster and proc. Jobs that the caller may not change are not: `-all`
 * means all of one's own, as in HTCondor, and those of everybody for an administrator. What is selected in several ways at once
 * is the union.
 *
 * **Gotchas.** It also gives a value for each job that is not selected, because a constraint may select one in a million, and
 * whoever iterates must give others their turn in between.
 * @param takeAll gets fresh procs of a cluster that are all selected, and whether they are all that the cluster has; returns
 * whether they need not be looked at one by one
 * @throws GlideinError InvalidExpression
 */
export function* selectedJobs(
  pool: SelectedFrom,
  selection: Selection,
  { identity, takeAll }: { identity: Identity; takeAll: (fresh: FreshProcs, isWhole: boolean) => boolean },
): Iterable<Found> {
  const { queue } = pool;
  const selector = new Selector(pool, selection, identity);
  const from = selection.after === undefined ? undefined : keyOf(selection.after);
  let through = selection.after ?? '0.0';
  const wants = (fresh: FreshProcs, proc: number) => {
    through = `${fresh.cluster.id}.${proc}`;
    return selector.selects(fresh, proc);
  };
  for (const id of queue.clustersFrom(from)) {
    yield { through };
    const after = id === from?.cluster ? from.proc : -1;
    const passesOver = (fresh: FreshProcs) =>
      selector.selectsNone(fresh) ||
      (selector.selectsAll(fresh) && takeAll(fresh, (fresh.procs.first ?? -1) > after));
    for (const job of queue.searchIn(id, after, { passesOver, wants })) {
      if (job !== undefined) through = jobName(job);
      yield { job: job !== undefined && selector.selectsJob(job) ? job : undefined, through };
    }
  }
}

/** Which jobs a selection means. */
class Selector {
  readonly #identity: Identity;
  readonly #all: boolean;
  readonly #owners: ReadonlySet<string>;
  readonly #constraint: Constraint | undefined;

  constructor(pool: SelectedFrom, { all, owners, constraint }: Selection, identity: Identity) {
    this.#identity = identity;
    this.#all = all === true;
    this.#owners = new Set(owners);
    this.#constraint =
      constraint === undefined ? undefined : new Constraint(pool, parseExpression(constraint));
  }

  selectsJob(job: Job): boolean {
    const { cluster } = job;
    return this.#isOwn(cluster) && (this.#takes(cluster) || this.#constraint?.holds(job) === true);
  }

  selects(fresh: FreshProcs, proc: number): boolean {
    const { cluster } = fresh;
    return this.#isOwn(cluster) && (this.#takes(cluster) || this.#constraint?.holdsFor(fresh, proc) === true);
  }

  selectsAll(fresh: FreshProcs): boolean {
    const { cluster } = fresh;
    return this.#isOwn(cluster) && (this.#takes(cluster) || this.#constraint?.holdsForAll(fresh) === true);
  }

  selectsNone(fresh: FreshProcs): boolean {
    const { cluster } = fresh;
    if (!this.#isOwn(cluster)) return true;
    return !this.#takes(cluster) && this.#constraint?.holdsForNone(fresh) !== false;
  }

  #isOwn({ owner }: Cluster): boolean {
    return isOwner(this.#identity, owner);
  }

  /** Whether it takes every job of the cluster. */
  #takes({ owner }: Cluster): boolean {
    return this.#all || this.#owners.has(owner);
  }
}

function keyOf(cursor: string): JobKey {
  const [cluster = 0, proc = 0] = cursor.split('.').map(Number);
  return { cluster, proc };
}
