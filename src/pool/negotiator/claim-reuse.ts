import type { Clock } from '#base/clock.ts';
import { Budget } from '#classad/budget.ts';
import { fitOf } from '#match/fit.ts';
import type { Resources } from '#match/resources.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Pilot } from '../collector/pilot.ts';
import { isCompletion } from '../jobs/attempts.ts';
import { environmentOf } from '../jobs/environment.ts';
import { type Claim, isPristine, type Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { isSuspect } from '../jobs/trouble.ts';
import type { Autocluster } from './autocluster.ts';
import type { Autoclusters } from './autoclusters.ts';
import type { ConcurrencyLimits } from './concurrency-limits.ts';

/** HTCondor's CLAIM_WORKLIFE, in milliseconds: after this long, the slot is matched anew. */
const worklife = 1_200_000;

/** The most attributes that the expressions of a job, or of a slot, may read here; the negotiator has time for more. */
const mostSteps = 2000;

interface ClaimReuseOptions {
  readonly autoclusters: Pick<Autoclusters, 'of' | 'isSorting'>;
  readonly ads: Pick<JobAds, 'fault'>;
  readonly limits: Pick<ConcurrencyLimits, 'lacking'>;
  readonly clock: Clock;
  /** Whether claims can be recorded now. */
  readonly canRecord: () => boolean;
  /** Whether the pool has memory for one more job of this owner that is more than a fresh proc. */
  readonly hasMemory: (owner: string) => boolean;
  /** Whether the jobs of this autocluster may have a slot without a match: nobody with a better right to it waits. */
  readonly mayReuse: (autocluster: Autocluster) => boolean;
  /** Called when a job has followed another. */
  readonly onReuse: () => void;
}

/** A claim whose execution is about to end. */
export interface EndingClaim {
  readonly autocluster: Autocluster;
  /** The cores that it takes. */
  readonly cores: number;
  /** When the slot was last matched, in monotonic milliseconds. */
  readonly matchedAt: number;
}

/** A job that follows on a slot. */
export interface Successor {
  readonly job: Job;
  readonly takes: Resources;
  readonly limits: readonly Limit[];
}

/**
 * Lets the next job of an autocluster follow on the slot of one that has ended, as HTCondor reuses claims: the pilot need not
 * wait for a match, and the end and the next claim share a commit.
 *
 * **Gotchas.** A new claim is recorded all the same, so that it is fenced like any other. If there is any doubt, nothing
 * follows, and the negotiator decides about the slot in its next pass.
 */
export class ClaimReuse {
  readonly #options: ClaimReuseOptions;
  /** When the slots of claims that followed others were matched; that of any other claim was matched when it began. */
  readonly #matchedAt = new WeakMap<Claim, number>();

  constructor(options: ClaimReuseOptions) {
    this.#options = options;
  }

  /**
   * Call this before the end is recorded: afterwards the job may be in no autocluster any more.
   * @returns undefined if nothing may follow on the slot
   */
  ending(job: Job, pilot: Pilot, outcome: Outcome): EndingClaim | undefined {
    const { autoclusters, clock } = this.#options;
    const autocluster = autoclusters.of(job);
    // After anything else than an end of its own, the slot may be to blame.
    if (autocluster === undefined || job.claim === undefined || isSuspect(job) || !isCompletion(outcome))
      return undefined;
    const now = clock.monotonic();
    const matchedAt = this.#matchedAt.get(job.claim) ?? now - ageOf(job, clock.wall());
    if (now - matchedAt >= worklife || !pilot.accepts(now)) return undefined;
    return { autocluster, matchedAt, cores: job.claim.takes.cpus };
  }

  /** The job that follows. Call this once the end is recorded and its resources are free. */
  successorOf({ autocluster, cores }: EndingClaim, pilot: Pilot): Successor | undefined {
    const { autoclusters, canRecord, mayReuse } = this.#options;
    if (pilot.reservedFor !== 0 && pilot.reservedFor !== autocluster.id) return undefined;
    if (autocluster.waiting.size === 0 || autoclusters.isSorting || !canRecord() || !mayReuse(autocluster))
      return undefined;
    const job = autocluster.waiting.first;
    if (job === undefined || !this.#isPossible(job, autocluster)) return undefined;
    try {
      return this.#fitting(job, autocluster, cores, pilot);
    } catch {
      // The negotiator finds the same defect, and holds the job.
      return undefined;
    }
  }

  /** Takes note that the claim of a successor has begun. */
  began(claim: Claim, { autocluster, matchedAt }: EndingClaim): void {
    this.#matchedAt.set(claim, matchedAt);
    // Otherwise slots would be kept free for jobs that start one after the other.
    autocluster.waitsSince = this.#options.clock.monotonic();
    this.#options.onReuse();
  }

  #isPossible(job: Job, { waiting }: Autocluster): boolean {
    const { ads, hasMemory } = this.#options;
    if (!waiting.isOwn(job) && !hasMemory(job.cluster.owner)) return false;
    return !isPristine(job) || ads.fault(job) === undefined;
  }

  /** The slot may have changed since it was matched, and so may what the expressions read. */
  #fitting(job: Job, { ad, limits }: Autocluster, cores: number, pilot: Pilot): Successor | undefined {
    const environment = environmentOf(this.#options.clock);
    const own = { ...environment, budget: new Budget(mostSteps) };
    const slot = pilot.freeSlot;
    const fit = fitOf(ad, slot, own, { ...environment, budget: new Budget(mostSteps) });
    if (!fit.fits || own.budget.isOverdrawn) return undefined;
    // A quota has room for what was there before, and nobody asks it for more.
    if (fit.takes.cpus > cores) return undefined;
    const asked = limits.everywhere ?? limits.on(slot, own);
    if (this.#options.limits.lacking(asked) !== undefined) return undefined;
    return { job, takes: fit.takes, limits: asked };
  }
}

/** How long ago the newest claim of a job began, in milliseconds. */
const ageOf = ({ attempts }: Job, now: number): number =>
  Math.max(0, now - (attempts.at(-1)?.claimedAt ?? 0));
