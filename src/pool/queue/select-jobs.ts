import { parseExpression } from '#classad/grammar.ts';
import type { JobAction } from '#wire/jobs.ts';
import { isOwner } from '../auth/access.ts';
import type { Identity } from '../auth/tokens.ts';
import type { Job } from '../jobs/job.ts';
import type { JobKey } from '../jobs/transition.ts';
import { Constraint } from './constraint.ts';
import type { HistoryOptions } from './history.ts';
import type { Queue } from './queue.ts';

/** What an action selects without naming jobs. */
export type Selection = Pick<JobAction, 'all' | 'owners' | 'constraint' | 'after'>;

/** The parts of the pool that a selection needs. */
export interface SelectedFrom extends Pick<HistoryOptions, 'ads' | 'clock'> {
  readonly queue: Pick<Queue, 'jobsAfter'>;
}

/** Whether an action selects jobs in any other way than by their names. */
export const selects = ({ all, owners, constraint }: Selection): boolean =>
  all === true || owners !== undefined || constraint !== undefined;

/**
 * All jobs in the queue with whether they are selected, ordered by cluster and proc. Jobs that the caller may not change are
 * not: `-all` means all of one's own, as in HTCondor, and those of everybody for an administrator. What is selected in several
 * ways at once is the union.
 *
 * **Gotchas.** It gives a value for each job that it looks at, because a constraint may select one in a million, and whoever
 * iterates must leave the turn to others in between.
 * @throws GlideinError InvalidExpression
 */
export function* selectedJobs(
  pool: SelectedFrom,
  selection: Selection,
  identity: Identity,
): Iterable<{ readonly job: Job; readonly isSelected: boolean }> {
  const { all, after } = selection;
  const owners = new Set(selection.owners);
  const constraint =
    selection.constraint === undefined
      ? undefined
      : new Constraint(pool, parseExpression(selection.constraint));
  const isMeant = (job: Job): boolean =>
    all === true || owners.has(job.cluster.owner) || constraint?.holds(job) === true;
  for (const job of pool.queue.jobsAfter(after === undefined ? undefined : keyOf(after)))
    yield { job, isSelected: isOwner(identity, job.cluster.owner) && isMeant(job) };
}

function keyOf(cursor: string): JobKey {
  const [cluster = 0, proc = 0] = cursor.split('.').map(Number);
  return { cluster, proc };
}
