import { GlideinError } from '#base/error.ts';
import { Budget } from '#classad/budget.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { isTrue } from '#classad/value.ts';
import type { PreparedJob } from '#match/prepared-job.ts';
import { lacking, type Resources } from '#match/resources.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Bucket } from './bucket.ts';
import { type Range, wider } from './range.ts';
import type { RequestedLimits } from './requested-limits.ts';
import { type Verdict, type Verdicts, verdict } from './verdicts.ts';

/**
 * The most attributes that an autocluster's expressions may read in one look: a fixed number, plus a number per slot or bucket
 * that is looked at. What people write reads a few dozen.
 */
const mostSteps = 20_000;
const mostStepsEach = 200;

/** What an autocluster brings to a match. */
export interface MatchedJob {
  readonly job: PreparedJob;
  readonly limits: RequestedLimits;
  readonly verdicts: Verdicts;
}

/** A slot that fits, or slots that do so alike. */
export interface Fitting {
  readonly takes: Resources;
  readonly rank: number;
  /** How much of the concurrency limits the job would take there. */
  readonly limits: readonly Limit[];
}

/** A slot whose ad is made when it is read. */
interface Slot {
  readonly freeSlot: ClassAd;
}

const everywhere: Range = { reach: 'bucket', clock: false };

/**
 * Matches the jobs of one autocluster with slots: as `fitOf` does, but what is equal for all slots of a bucket is evaluated
 * once for all of them.
 */
export class Match {
  readonly #subject: MatchedJob;
  readonly #own: Environment & { readonly budget: Budget };
  readonly #slots: Environment;

  /** @param looks how many slots or buckets will be looked at */
  constructor(subject: MatchedJob, environment: Environment, looks: number) {
    const steps = mostSteps + mostStepsEach * looks;
    this.#subject = subject;
    this.#own = { ...environment, budget: new Budget(steps) };
    this.#slots = { ...environment, budget: new Budget(steps) };
  }

  /**
   * What holds for the slots of a bucket, and Rank if it is the same for all.
   * @throws GlideinError TooLarge if the job's expressions exceed their budget. The slots' own expressions have another budget: a
   * slot that exceeds it does not fit.
   */
  verdictOn(bucket: Bucket): { readonly code: Verdict; readonly rank: number } {
    const { verdicts } = this.#subject;
    const known = verdicts.of(bucket.number);
    if (known !== verdict.unknown) return { code: known, rank: verdicts.rank(bucket.number) };
    const found = this.#judge(bucket);
    if (!found.clock) verdicts.set(bucket.number, found.code, found.rank);
    return found;
  }

  /** Whether what the job takes at least is free. */
  mayFit(free: Resources): boolean {
    return lacking(this.#subject.job.least, free) === undefined;
  }

  /**
   * The match with a slot in which `free` is free.
   * @param isJudged whether it is known that Requirements hold on both sides
   * @throws GlideinError TooLarge as {@link verdictOn} does
   */
  fit(slot: Slot, free: Resources, isJudged: boolean, rank?: number): Fitting | undefined {
    const { job, limits } = this.#subject;
    if (!this.mayFit(free)) return undefined;
    const takes = job.takes ?? this.#checked(job.takesOf(slot.freeSlot, this.#own));
    if (job.takes === undefined && lacking(takes, free) !== undefined) return undefined;
    if (!isJudged && !this.#holds(slot.freeSlot)) return undefined;
    return {
      takes,
      rank: rank ?? this.#checked(job.rank(slot.freeSlot, this.#own)),
      limits: limits.everywhere ?? this.#checked(limits.on(slot.freeSlot, this.#own)),
    };
  }

  #judge(bucket: Bucket): { code: Verdict; rank: number; clock: boolean } {
    const { job, limits } = this.#subject;
    const fit = wider(bucket.range(job.fitReads), bucket.start);
    const ofLimits = limits.everywhere === undefined ? bucket.range(limits.reads) : everywhere;
    const detail = wider(bucket.range(job.rankReads), ofLimits);
    const clock = fit.clock || detail.clock;
    if (fit.reach === 'bucket' && !this.#holds(bucket.ad)) return { code: verdict.none, rank: 0, clock };
    if (detail.reach === 'bucket' && fit.reach !== 'slot') {
      const rank = this.#checked(job.rank(bucket.ad, this.#own));
      return { code: fit.reach === 'bucket' ? verdict.all : verdict.byLot, rank, clock };
    }
    const isEach = fit.reach === 'slot' || detail.reach === 'slot';
    return { code: isEach ? verdict.eachSlot : verdict.eachLot, rank: 0, clock };
  }

  /** Whether Requirements hold on both sides. */
  #holds(slot: ClassAd): boolean {
    const { job } = this.#subject;
    return (
      this.#checked(job.accepts(slot, this.#own)) &&
      isTrue(slot.evaluate('Requirements', job.ad, this.#slots))
    );
  }

  #checked<T>(value: T): T {
    if (this.#own.budget.isOverdrawn) throw takesTooLong();
    return value;
  }
}

const takesTooLong = (): GlideinError =>
  new GlideinError('TooLarge', 'its requirements, its rank or its requests take too long to evaluate', {
    cure: 'let them read fewer attributes',
  });
