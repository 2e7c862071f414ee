import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { JobAction } from '#wire/jobs.ts';
import type { Act } from '../audit/act.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { requireOwner } from '../auth/access.ts';
import type { Identity } from '../auth/tokens.ts';
import { environmentOf } from '../jobs/environment.ts';
import { type Claim, type Job, jobName } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { keyOf } from '../jobs/job-key.ts';
import type { JobState } from '../jobs/job-state.ts';
import type { Transition } from '../jobs/transition.ts';
import { staysAfter } from '../policy/leave-in-queue.ts';
import type { Volume } from '../spool/volume.ts';
import { newPriority } from './job-priority.ts';
import type { Ledger } from './ledger.ts';
import { hasMemoryForJob, type MemoryShares } from './memory.ts';
import type { Queue } from './queue.ts';

/** The parts of the pool that an action needs. */
export interface ChangedPool {
  readonly queue: Queue;
  readonly ledger: Pick<Ledger, 'record' | 'foldNow'>;
  readonly ads: JobAds;
  readonly volume: Pick<Volume, 'requireWritable' | 'state'>;
  readonly memory: MemoryShares;
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, 'begin' | 'end' | 'denied'>;
  /** Stops what runs under a claim. */
  readonly claims: { revoke(claim: Claim, reason: string): void };
}

const allowedFrom: Record<JobAction['action'], readonly JobState[]> = {
  remove: ['Idle', 'Running', 'Held'],
  hold: ['Idle', 'Running'],
  release: ['Held'],
  prioritize: ['Idle', 'Running', 'Held'],
};

const pastOf = {
  remove: 'removed',
  hold: 'held',
  release: 'released',
  prioritize: 'given another priority',
} as const;

const leaves = (action: JobAction['action'], job: Job): boolean => action === 'remove' && job.stays === true;

/** Whether the job is in a state from which the action leads on. */
export const mayBe = ({ action }: Pick<JobAction, 'action'>, job: Job): boolean =>
  leaves(action, job) || allowedFrom[action].includes(job.state);

interface Wished {
  readonly wish: JobAction;
  readonly identity: Identity;
  readonly act: Act;
}

/**
 * Plans the change of one job by an action, and records it.
 * @returns resolves when it is durable, and what ran is told to stop
 * @throws GlideinError Forbidden, Conflict in a state from which the action does not lead on, Unavailable
 */
export function changeJob(pool: ChangedPool, job: Job, { wish, identity, act }: Wished): Promise<void> {
  const { action, reason } = wish;
  requireOwner(identity, job.cluster.owner, jobName(job));
  if (!mayBe({ action }, job)) {
    throw new GlideinError(
      'Conflict',
      `it is ${job.state}: only ${allowedFrom[action].join(' or ')} jobs can be ${pastOf[action]}`,
    );
  }
  const claim = job.claim;
  const who = `${reason} (by ${identity.subject})`;
  const goes = leaves(action, job);
  const durable = pool.ledger.record(
    affordable(pool, job, transition(pool, job, { ...wish, reason: who })),
    act,
  );
  return claim === undefined || goes ? durable : durable.then(() => pool.claims.revoke(claim, who));
}

/**
 * A fresh proc that is changed alone stays in memory as a job of its own, unless it is removed. Otherwise so many procs of a
 * long series could be held one by one that no memory would be left.
 * @throws GlideinError Unavailable
 */
function affordable(pool: ChangedPool, { cluster, proc }: Job, change: Transition): Transition {
  const isFresh = pool.queue.fresh(cluster.id)?.procs.has(proc) === true;
  if (!isFresh || hasMemoryForJob(pool.memory, pool.queue, cluster.owner)) return change;
  if (change.type === 'remove') return { ...change, stays: undefined };
  throw new GlideinError(
    'Unavailable',
    `the pool has no memory for more jobs of ${cluster.owner} that are changed one by one`,
    { cure: `change the whole cluster ${cluster.id}, or wait until other jobs have left the queue` },
  );
}

function transition(pool: ChangedPool, job: Job, wish: JobAction): Transition {
  const { action, reason, subcode } = wish;
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
      return {
        type: 'hold',
        ...base,
        code: holdCodes.userRequest,
        ...(subcode === undefined ? {} : { subcode }),
      };
    case 'release':
      return { type: 'release', ...base };
    case 'prioritize':
      return { type: 'prio', at, job: keyOf(job), priority: newPriority(pool, job, wish) };
  }
}
