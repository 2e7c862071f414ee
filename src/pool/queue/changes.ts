import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '#base/clock.ts';
import { describeError, GlideinError, isCode } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import { type JobAction, type JobActionAnswer, maxReason } from '#wire/jobs.ts';
import type { About, Act } from '../audit/act.ts';
import type { AuditTrail, Owned } from '../audit/audit-trail.ts';
import type { Doer } from '../audit/doer.ts';
import { isOwner, requireOwner } from '../auth/access.ts';
import type { Identity } from '../auth/tokens.ts';
import { environmentOf } from '../jobs/environment.ts';
import { type FreshProcs, freshProcs } from '../jobs/fresh-procs.ts';
import { type Claim, type Job, jobName } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { keyOf } from '../jobs/job-key.ts';
import type { JobState } from '../jobs/job-state.ts';
import type { Transition } from '../jobs/transition.ts';
import { staysAfter } from '../policy/leave-in-queue.ts';
import { mayStay } from '../policy/policy-inputs.ts';
import type { Volume } from '../spool/volume.ts';
import { differInPriority, newPriority } from './job-priority.ts';
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
  readonly #by: Doer;
  #act: Act;
  /** The first job of somebody else. */
  #forbidden: Owned | undefined;
  #isForbidden = false;
  #isEnded = false;
  readonly #refused: JobActionAnswer['refused'] = [];
  /** Refusals beyond those that the answer lists. */
  #unlisted = 0;
  #changed = 0;
  /** Changes and refusals since others had their turn. */
  #since = 0;
  #durable: Promise<void>[] = [];

  constructor(
    pool: ChangedPool,
    action: JobAction,
    { identity, by }: { readonly identity: Identity; readonly by: Doer },
  ) {
    this.#pool = pool;
    this.#action = action;
    this.#identity = identity;
    this.#by = by;
    this.#act = pool.audit.begin(by, action.action, aboutOf(action));
  }

  refuse(job: string, reason: string, code: string): void {
    this.#isForbidden ||= code === 'Forbidden';
    if (this.#refused.length < mostRefused) this.#refused.push({ job, reason, code });
    else this.#unlisted += 1;
  }

  /**
   * Refuses to change the fresh procs of a cluster, however many they are, if none of them can be changed: they belong to
   * somebody else, or are in a state from which the action does not lead on.
   * @returns whether it did
   */
  refuseTogether(fresh: FreshProcs): boolean {
    const { cluster, shared, procs } = fresh;
    if (isOwner(this.#identity, cluster.owner) && mayBe(this.#action, shared)) return false;
    let listed = 0;
    for (const proc of procs) {
      if (this.#refused.length >= mostRefused) break;
      this.make(fresh.job(proc));
      listed += 1;
    }
    this.#unlisted += procs.size - listed;
    return true;
  }

  /**
   * Changes all fresh procs of a cluster with one record, however many they are.
   * @returns false if they must be changed one by one, because of a policy or an event log of their own
   */
  makeTogether(fresh: FreshProcs): boolean {
    const { shared, procs } = fresh;
    if (this.#mustBeApart(fresh)) return false;
    this.make(shared, [...procs.intervals()]);
    return true;
  }

  #mustBeApart(fresh: FreshProcs): boolean {
    const { action } = this.#action;
    if (action === 'prioritize') return differInPriority(this.#pool.ads, fresh);
    return fresh.maySet(apart) || (action === 'remove' && mayStay(fresh.cluster.ad));
  }

  /** @param procs those for which the job stands, as intervals */
  make(job: Job, procs: readonly Procs[] = [[job.proc, job.proc]]): void {
    try {
      const act = this.#actFor(job);
      this.#durable.push(one(this.#pool, job, { wish: this.#action, identity: this.#identity, act }));
      for (const each of procs) this.#did(job, each);
      this.#since += 1;
    } catch (error) {
      this.#forbid(job, error);
      const code = error instanceof GlideinError ? error.code : 'Internal';
      this.refuse(nameOf(job), describeError(error), code);
      this.#since += 1;
    }
  }

  /** What the audit tells of this job: the jobs of many owners take several records. */
  #actFor({ cluster: { owner } }: Job): Act {
    if (this.#act.hasRoomFor(owner)) return this.#act;
    const { audit } = this.#pool;
    this.#durable.push(audit.end(this.#act));
    this.#act = audit.begin(this.#by, this.#action.action, aboutOf(this.#action));
    return this.#act;
  }

  #did({ cluster }: Job, [proc, lastProc]: Procs): void {
    const count = lastProc - proc + 1;
    this.#changed += count;
    this.#act.did(cluster.owner, { cluster: cluster.id, proc, lastProc }, count);
  }

  #forbid({ cluster, proc }: Job, error: unknown): void {
    if (isCode(error, 'Forbidden'))
      this.#forbidden ??= { owner: cluster.owner, cluster: cluster.id, proc: Math.max(proc, 0) };
  }

  /** Resolves when everything that was changed is durable, and the record of it complete. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#act.refused(this.#refused.length + this.#unlisted);
    await Promise.all([this.#changed > 0 ? this.#pool.audit.end(this.#act) : this.#deny(), this.durable()]);
  }

  #deny(): void {
    if (!this.#isForbidden) return;
    const [first] = this.#refused;
    const about = { ...aboutOf(this.#action), reason: first?.reason ?? '' };
    this.#pool.audit.denied(this.#by, this.#action.action, about, this.#forbidden);
  }

  /** After each job: now and then waits until what has changed is durable. */
  async afterEach(): Promise<void> {
    if (this.#since < slice) return;
    this.#since = 0;
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
    const more = this.#unlisted;
    const rest = { job: `${more} more`, reason: 'these are refused too, but not listed' };
    return { changed: this.#changed, refused: more === 0 ? this.#refused : [...this.#refused, rest] };
  }
}

/** The cluster alone for all of its fresh procs. */
const nameOf = (job: Job): string => (job.proc === freshProcs ? String(job.cluster.id) : jobName(job));

const leaves = (action: JobAction['action'], job: Job): boolean => action === 'remove' && job.stays === true;

/** Whether the job is in a state from which the action leads on. */
export const mayBe = ({ action }: Pick<JobAction, 'action'>, job: Job): boolean =>
  leaves(action, job) || allowedFrom[action].includes(job.state);

/** The first and the last of procs that follow each other. */
type Procs = readonly [first: number, last: number];

/** What the audit says of an action besides its jobs. */
function aboutOf({ constraint, reason, all, owners }: JobAction): About {
  const of = owners === undefined ? undefined : `jobs of ${owners.slice(0, 20).join(', ')}`;
  const object = all === true ? 'all jobs' : of;
  return {
    reason,
    ...(constraint !== undefined && { constraint }),
    ...(object !== undefined && { object: truncate(object, maxReason) }),
  };
}

interface Wished {
  readonly wish: JobAction;
  readonly identity: Identity;
  readonly act: Act;
}

function one(pool: ChangedPool, job: Job, { wish, identity, act }: Wished): Promise<void> {
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
