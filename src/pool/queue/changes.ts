import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeError, GlideinError, isCode } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { type JobAction, type JobActionAnswer, maxReason } from '#wire/jobs.ts';
import type { About, Act } from '../audit/act.ts';
import type { Owned } from '../audit/audit-trail.ts';
import type { Doer } from '../audit/doer.ts';
import { isOwner } from '../auth/access.ts';
import type { Identity } from '../auth/tokens.ts';
import { type FreshProcs, freshProcs } from '../jobs/fresh-procs.ts';
import { type Job, jobName } from '../jobs/job.ts';
import { mayStay } from '../policy/policy-inputs.ts';
import { type ChangedPool, changeJob, mayBe } from './change-job.ts';
import { differInPriority } from './job-priority.ts';

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
      this.#durable.push(changeJob(this.#pool, job, { wish: this.#action, identity: this.#identity, act }));
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
