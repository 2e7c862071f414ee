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
import { staysAfter } from '../policy/leave-in-queue.ts';
import type { Volume } from '../spool/volume.ts';
import { keyOf } from './apply.ts';
import type { Ledger } from './ledger.ts';
import type { Queue } from './queue.ts';

/** The parts of the pool that an action needs. */
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

/** Jobs that are changed and made durable before other requests get their turn. */
const slice = 500;

/** The most refusals that an answer lists. */
const mostRefused = 1000;

/**
 * Removes, holds or releases jobs. The changes are durable when this resolves, and the answer names jobs that could not be
 * changed. However many jobs there are, the pool goes on serving meanwhile.
 * @throws GlideinError NoSpace if the disk is full; then nothing has changed. If it becomes full later, the changes wait for
 * room, and so does the answer
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
      // When space is scarce, a journal of many removals would use up the rest.
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
    { job: `${more} more`, reason: 'these are refused too, but not listed' },
  ];
}

/** The jobs in the queue that `12.3` or `12` names. */
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
      // It has ended and stays in the queue by its own wish: removing it again moves it to the history.
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
