import { setImmediate as nextTurn } from 'node:timers/promises';
import { GlideinError } from '#base/error.ts';
import type { JobAction, JobActionAnswer } from '#wire/jobs.ts';
import type { Doer } from '../audit/doer.ts';
import { isOwner } from '../auth/access.ts';
import type { Identity } from '../auth/tokens.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import { keyOf } from '../jobs/job-key.ts';
import { isFinal } from '../jobs/job-state.ts';
import type { JobKey } from '../jobs/transition.ts';
import { type ChangedPool, mayBe } from './change-job.ts';
import { Changes } from './changes.ts';
import { requirePriority } from './job-priority.ts';
import type { Queue } from './queue.ts';
import { selectedJobs, selects } from './select-jobs.ts';

/** Milliseconds of looking for selected jobs before other requests get their turn. */
const lookSlice = 5;

/** Milliseconds after which the answer says how far a selection has come: clients wait for longer than that. */
const longestLook = 20_000;

/** Whose token an action comes with, and whom the audit names. */
interface Sender {
  readonly identity: Identity;
  readonly by: Doer;
}

/**
 * Removes, holds or releases jobs, or gives them another priority. The changes are durable when this resolves, and the answer names jobs that could not be
 * changed. However many jobs there are, the pool goes on serving meanwhile.
 * @param turn resolves when a request of this user may work for a moment
 * @throws GlideinError NoSpace if the disk is full; then nothing has changed. If it becomes full later, the changes wait for
 * room, and so does the answer. InvalidExpression, InvalidArgument if the action selects nothing or lacks a priority
 */
export async function act(
  pool: ChangedPool,
  action: JobAction,
  { identity, by }: Sender,
  turn: () => Promise<void> = () => nextTurn(),
): Promise<JobActionAnswer> {
  pool.volume.requireWritable();
  if (action.jobs.length === 0 && !selects(action))
    throw new GlideinError('InvalidArgument', 'the action names no jobs, and selects none', {
      cure: 'name jobs, or send a constraint, owners or all',
    });
  requirePriority(action);
  const changes = new Changes(pool, action, { identity, by });
  try {
    const next = await changeAll(pool, action, identity, { changes, turn });
    await changes.end();
    return { ...changes.answer(), ...(next === undefined ? {} : { next }) };
  } finally {
    // What failed halfway has changed what it has changed.
    await changes.end();
  }
}

/** @returns where to go on, if this took too long for one answer */
async function changeAll(
  pool: ChangedPool,
  action: JobAction,
  identity: Identity,
  { changes, turn }: { readonly changes: Changes; readonly turn: () => Promise<void> },
): Promise<string | undefined> {
  for (const name of action.jobs) {
    const [cluster = 0, proc] = name.split('.').map(Number);
    const isThere =
      proc === undefined
        ? await changeCluster(pool.queue, cluster, changes)
        : changeOne(pool.queue, { cluster, proc }, changes);
    if (!isThere) changes.refuse(name, 'no such job is in the queue', 'NotFound');
  }
  if (selects(action)) return changeSelected(pool, action, identity, changes, turn);
  // In the same turn, so that changes and the end of the act share a commit if nothing had to be awaited.
  await changes.end();
  return undefined;
}

/** @returns where to go on, if this took too long for one answer */
async function changeSelected(
  pool: ChangedPool,
  action: JobAction,
  identity: Identity,
  changes: Changes,
  turn: () => Promise<void>,
): Promise<string | undefined> {
  for (const owner of action.owners ?? []) {
    if (!isOwner(identity, owner))
      changes.refuse(owner, `the jobs of ${owner} do not belong to ${identity.subject}`, 'Forbidden');
  }
  const end = performance.now() + longestLook;
  let until = 0;
  const takeAll = (fresh: FreshProcs, isWhole: boolean) =>
    !mayBe(action, fresh.shared) || (isWhole && changes.makeTogether(fresh));
  for (const { job, through } of selectedJobs(pool, action, { identity, takeAll })) {
    const now = job === undefined ? undefined : pool.queue.find(keyOf(job));
    if (now !== undefined && mayBe(action, now)) {
      changes.make(now);
    }
    await changes.afterEach();
    const time = performance.now();
    if (time > end) return through;
    if (time < until) continue;
    await turn();
    until = performance.now() + lookSlice;
  }
  return undefined;
}

/** @returns whether there is such a job */
function changeOne(queue: Queue, key: JobKey, changes: Changes): boolean {
  const job = queue.find(key);
  if (job !== undefined) changes.make(job);
  return job !== undefined;
}

/** @returns whether a job of the cluster is in the queue */
async function changeCluster(queue: Queue, cluster: number, changes: Changes): Promise<boolean> {
  const fresh = queue.fresh(cluster);
  const areLeft = fresh !== undefined && fresh.procs.size > 0 && !isFinal(fresh.shared.state);
  const areDone = !areLeft || changes.refuseTogether(fresh) || changes.makeTogether(fresh);
  const jobs = areDone ? [...queue.ownJobsOf(cluster)] : queue.jobsOf(cluster);
  let isThere = areLeft;
  for (const each of jobs) {
    // It may have left the queue, or ended, while others had their turn.
    const job = queue.find(keyOf(each));
    // Not those that have ended, unless they stay in the queue by their own wish.
    if (job === undefined || (isFinal(job.state) && job.stays === undefined)) continue;
    isThere = true;
    changes.make(job);
    await changes.afterEach();
  }
  return isThere;
}
