import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { JobAction, JobActionAnswer } from '#wire/jobs.ts';
import { requireOwner } from '../auth/access.ts';
import type { Identity } from '../auth/tokens.ts';
import { environmentOf } from '../jobs/environment.ts';
import { type Claim, type Job, jobName } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { isFinal, type JobState } from '../jobs/job-state.ts';
import type { Transition } from '../jobs/transition.ts';
import { staysAfter } from '../policy/stays.ts';
import type { Volume } from '../spool/volume.ts';
import { keyOf } from './apply.ts';
import type { Ledger } from './ledger.ts';
import type { Queue } from './queue.ts';

/** What an action reads and changes. */
export interface ChangedPool {
  readonly queue: Queue;
  readonly ledger: Pick<Ledger, 'record' | 'foldNow'>;
  readonly ads: JobAds;
  readonly volume: Pick<Volume, 'requireWritable' | 'state'>;
  readonly clock: Clock;
  /** Stops what runs under a claim. */
  readonly claims: { revoke(claim: Claim, reason: string): void };
}

const allowedFrom: Record<JobAction['action'], readonly JobState[]> = {
  remove: ['Idle', 'Running', 'Held'],
  hold: ['Idle', 'Running'],
  release: ['Held'],
};

const pastOf = { remove: 'removed', hold: 'held', release: 'released' } as const;

/** Jobs that are changed before others get their turn, and their records are on the disk. */
const slice = 500;

/** Refusals that an answer lists. */
const mostRefused = 1000;

/**
 * Removes, holds or releases jobs; what is changed is durable when this resolves, what cannot be is named. However many
 * they are, the pool goes on meanwhile and there is one answer at the end.
 * @throws GlideinError NoSpace while the disk is full: nothing is changed then. When it becomes full later, what is changed
 * waits for room, and so does the answer
 */
export async function act(
  pool: ChangedPool,
  action: JobAction,
  identity: Identity,
): Promise<JobActionAnswer> {
  pool.volume.requireWritable();
  const refused: JobActionAnswer['refused'] = [];
  let changed = 0;
  let durable: Promise<void>[] = [];
  for (const name of action.jobs) {
    const jobs = named(pool, name);
    if (jobs.length === 0)
      refused.push({ job: name, reason: 'no such job is in the queue', code: 'NotFound' });
    for (const job of jobs) {
      try {
        durable.push(one(pool, job, action, identity));
        changed += 1;
      } catch (error) {
        const code = error instanceof GlideinError ? error.code : 'Internal';
        refused.push({ job: jobName(job), reason: describeError(error), code });
      }
      if ((changed + refused.length) % slice !== 0) continue;
      await Promise.all([...durable, nextTurn()]);
      durable = [];
      // Where room is scarce, a journal of all that is removed would take what is left.
      if (pool.volume.state.state !== 'Serving') await pool.ledger.foldNow();
    }
  }
  await Promise.all(durable);
  return { changed, refused: firstOf(refused) };
}

function firstOf(refused: JobActionAnswer['refused']): JobActionAnswer['refused'] {
  const more = refused.length - mostRefused;
  if (more <= 0) return refused;
  return [
    ...refused.slice(0, mostRefused),
    { job: `${more} more`, reason: 'they are refused as well, and not listed' },
  ];
}

/** The jobs that `12.3` or `12` names and that are in the queue. */
export function named(pool: ChangedPool, name: string): readonly Job[] {
  const [cluster, proc] = name.split('.').map(Number);
  if (cluster === undefined) return [];
  if (proc === undefined)
    return pool.queue.jobsOf(cluster).filter((job) => !isFinal(job.state) || job.stays === true);
  const job = pool.queue.find({ cluster, proc });
  return job === undefined ? [] : [job];
}

function one(pool: ChangedPool, job: Job, { action, reason }: JobAction, identity: Identity): Promise<void> {
  requireOwner(identity, job.cluster.owner, jobName(job));
  const leaves = action === 'remove' && job.stays === true;
  if (!leaves && !allowedFrom[action].includes(job.state)) {
    throw new GlideinError(
      'Conflict',
      `it is ${job.state}: only ${allowedFrom[action].join(' or ')} jobs can be ${pastOf[action]}`,
    );
  }
  const claim = job.claim;
  const who = `${reason} (by ${identity.subject})`;
  const durable = pool.ledger.record(transition(pool, job, action, who));
  return claim === undefined || leaves ? durable : durable.then(() => pool.claims.revoke(claim, who));
}

function transition(pool: ChangedPool, job: Job, action: JobAction['action'], reason: string): Transition {
  const at = pool.clock.wall();
  const base = { at, job: keyOf(job), reason };
  switch (action) {
    case 'remove': {
      // It was removed, or has completed, and is shown still: once more means that it has been seen.
      if (job.stays === true) return { type: 'leave', at, job: keyOf(job) };
      const environment = environmentOf(pool.clock);
      return {
        type: 'remove',
        ...base,
        ...staysAfter(pool.ads.whole(job), { state: 'Removed', reason, at, environment }),
      };
    }
    case 'hold':
      return { type: 'hold', ...base, code: holdCodes.userRequest };
    case 'release':
      return { type: 'release', ...base };
  }
}
