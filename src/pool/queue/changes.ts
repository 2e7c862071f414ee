import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { JobAction, JobActionAnswer } from '#wire/jobs.ts';
import { isOwner, requireOwner } from '../auth/access.ts';
import type { Identity } from '../auth/tokens.ts';
import { environmentOf } from '../jobs/environment.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import { type Claim, type Job, jobName } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import type { JobState } from '../jobs/job-state.ts';
import type { Transition } from '../jobs/transition.ts';
import { staysAfter } from '../policy/leave-in-queue.ts';
import { mayStay } from '../policy/policy-inputs.ts';
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

/** Attributes, in lower case, for which each proc has to be changed by itself if it sets one of its own. */
const apart = ['leavejobinqueue', 'userlog'];

/** The changes of one action: it collects those that are not durable yet, and what could not be changed. */
export class Changes {
  readonly #pool: ChangedPool;
  readonly #action: JobAction;
  readonly #identity: Identity;
  readonly #refused: JobActionAnswer['refused'] = [];
  #changed = 0;
  #seen = 0;
  #durable: Promise<void>[] = [];

  constructor(pool: ChangedPool, action: JobAction, identity: Identity) {
    this.#pool = pool;
    this.#action = action;
    this.#identity = identity;
  }

  refuse(job: string, reason: string, code: string): void {
    this.#refused.push({ job, reason, code });
  }

  /**
   * Changes all fresh procs of a cluster with one record, however many they are.
   * @returns false if they must be changed one by one: because of a policy or an event log of their own, or to be refused
   */
  makeTogether(fresh: FreshProcs | undefined): boolean {
    if (fresh === undefined || fresh.procs.size === 0 || fresh.maySet(apart)) return false;
    const { action } = this.#action;
    const { cluster, shared, procs } = fresh;
    if (action === 'remove' && mayStay(cluster.ad)) return false;
    if (!isOwner(this.#identity, cluster.owner) || !mayBe({ action }, shared)) return false;
    this.make(shared, procs.size);
    return true;
  }

  /** @param count how many procs the job stands for */
  make(job: Job, count = 1): void {
    try {
      this.#durable.push(one(this.#pool, job, this.#action, this.#identity));
      this.#changed += count;
      this.#seen += 1;
    } catch (error) {
      const code = error instanceof GlideinError ? error.code : 'Internal';
      this.refuse(jobName(job), describeError(error), code);
      this.#seen += 1;
    }
  }

  /** After each job: now and then waits until what has changed is durable. */
  async afterEach(): Promise<void> {
    if (this.#seen % slice !== 0) return;
    await Promise.all([this.durable(), nextTurn()]);
    // When space is scarce, a journal of many removals would use up the rest.
    if (this.#pool.volume.state.state !== 'Serving') await this.#pool.ledger.foldNow();
  }

  async durable(): Promise<void> {
    const durable = this.#durable;
    this.#durable = [];
    await Promise.all(durable);
  }

  answer(): JobActionAnswer {
    return { changed: this.#changed, refused: firstOf(this.#refused) };
  }
}

function firstOf(refused: JobActionAnswer['refused']): JobActionAnswer['refused'] {
  const more = refused.length - mostRefused;
  if (more <= 0) return refused;
  return [
    ...refused.slice(0, mostRefused),
    { job: `${more} more`, reason: 'these are refused too, but not listed' },
  ];
}

const leaves = (action: JobAction['action'], job: Job): boolean => action === 'remove' && job.stays === true;

/** Whether the job is in a state from which the action leads on. */
export const mayBe = ({ action }: Pick<JobAction, 'action'>, job: Job): boolean =>
  leaves(action, job) || allowedFrom[action].includes(job.state);

function one(pool: ChangedPool, job: Job, wish: JobAction, identity: Identity): Promise<void> {
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
  const durable = pool.ledger.record(transition(pool, job, { ...wish, reason: who }));
  return claim === undefined || goes ? durable : durable.then(() => pool.claims.revoke(claim, who));
}

function transition(pool: ChangedPool, job: Job, { action, reason, subcode }: JobAction): Transition {
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
  }
}
