import { GlideinError } from '#base/error.ts';
import { Budget } from '#classad/budget.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { isTrue } from '#classad/value.ts';
import type { PreparedJob } from '#match/prepared-job.ts';
import { isEnough, type Resources } from '#match/resources.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Bucket } from './bucket.ts';
import type { FreeSlots } from './free-slots.ts';
import type { LotSlot } from './lot.ts';
import { type CommonClause, type NarrowClause, Plan } from './plan.ts';
import type { Range } from './range.ts';
import type { RequestedLimits } from './requested-limits.ts';
import type { Shape } from './shape.ts';
import { type Judgement, judgementOf, type Verdicts, verdict } from './verdicts.ts';

/**
 * The most attributes that an autocluster's expressions may read in one look: a fixed number, plus a number each time that they
 * are matched with a bucket, with a lot, or with a slot. What people write reads a few dozen.
 */
const mostSteps = 20_000;
const mostStepsEach = 200;

/**
 * The most that the slots' own expressions may read each time; each has this for itself, so that what is said of one slot does not
 * depend on how much others have read before.
 */
const mostStepsOfSlot = 4_000;

const refusal = { clock: false };

/** What an autocluster brings to a match. */
export interface MatchedJob {
  /** The number of the autocluster. */
  readonly id: number;
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

/**
 * Matches the jobs of one autocluster with slots: as `fitOf` does, but what is equal for all slots of a bucket is evaluated
 * once for all of them.
 */
export class Match {
  /** Whether what was found so far may change with time. */
  readsClock = false;
  readonly #subject: MatchedJob;
  readonly #slots: Pick<FreeSlots, 'kinds' | 'shared'>;
  readonly #own: Environment & { readonly budget: Budget };
  readonly #starts: Environment & { readonly budget: Budget };
  readonly #plans = new Map<Shape, Plan>();
  /** What depends on the time is judged again in the next look. */
  readonly #judgedNow = new Map<Bucket, Judgement>();
  /** How much the budget of the job's expressions has been raised. */
  #allowed = mostSteps;
  /** What slots have read before this one. */
  #readBySlots = 0;

  constructor(subject: MatchedJob, slots: Pick<FreeSlots, 'kinds' | 'shared'>, environment: Environment) {
    this.#slots = slots;
    this.#subject = subject;
    this.#own = { ...environment, budget: new Budget(mostSteps) };
    this.#starts = { ...environment, budget: new Budget(mostStepsOfSlot) };
  }

  /** How much work the evaluation of expressions has been so far, in attributes read. */
  get steps(): number {
    return this.#allowed - this.#own.budget.left + this.#readBySlots + this.#readBySlot;
  }

  get #readBySlot(): number {
    return mostStepsOfSlot - this.#starts.budget.left;
  }

  #allowMore(): void {
    this.#allowed += mostStepsEach;
    this.#own.budget.left += mostStepsEach;
    this.#readBySlots += this.#readBySlot;
    this.#starts.budget.left = mostStepsOfSlot;
  }

  /**
   * What holds for the slots of a bucket.
   * @throws GlideinError TooLarge if the job's expressions exceed their budget. The slots' own expressions have another budget: a
   * slot that exceeds it does not fit.
   */
  judge(bucket: Bucket): Judgement {
    const known = this.#subject.verdicts.of(bucket.number);
    return known ?? this.#judgedNow.get(bucket) ?? this.#judge(bucket);
  }

  /** Whether what the job takes at least is free. */
  mayFit(free: Resources): boolean {
    return isEnough(free, this.#subject.job.least);
  }

  /**
   * The match with a slot of a bucket with this judgement, in which `free` is free. Call it only if {@link mayFit} says so.
   * @throws GlideinError TooLarge as {@link judge} does
   */
  fit(slot: LotSlot, bucket: Bucket, free: Resources, judgement: Judgement): Fitting | undefined {
    const { job, limits } = this.#subject;
    this.#allowMore();
    const takes = job.takes ?? this.#checked(job.takesOf(slot.pilot.freeSlot, this.#own));
    if (job.takes === undefined && !isEnough(free, takes)) return undefined;
    if (judgement.verdict !== verdict.all && !this.#holdsIn(slot, bucket)) return undefined;
    return {
      takes,
      rank: judgement.verdict <= verdict.byLot ? judgement.rank : this.#rankIn(slot, bucket),
      limits: limits.everywhere ?? this.#checked(limits.on(slot.pilot.freeSlot, this.#own)),
    };
  }

  #holdsIn(slot: LotSlot, { shape }: Bucket): boolean {
    const { narrow, eachStart } = this.#planFor(shape);
    for (const each of narrow) if (!this.#holdsAt(each, slot)) return false;
    const { ad } = this.#subject.job;
    return !eachStart || isTrue(slot.pilot.freeSlot.evaluate('Requirements', ad, this.#starts));
  }

  /** A clause that reads nothing of the job is evaluated once for a slot, unless its value does not last. */
  #holdsAt({ clause, range, truths }: NarrowClause, { pilot, number }: LotSlot): boolean {
    const lasting = range.free || range.clock ? undefined : truths;
    const known = lasting?.of(number);
    if (known !== undefined) return known;
    const holds = this.#checked(this.#subject.job.holds(clause, adOf(pilot, range), this.#own));
    lasting?.set(number, holds);
    return holds;
  }

  #rankIn({ pilot }: LotSlot, { shape }: Bucket): number {
    const { rank } = this.#planFor(shape);
    return this.#checked(this.#subject.job.rank(adOf(pilot, rank), this.#own));
  }

  /** What is the same for the whole bucket is evaluated here; if it does not hold, no slot fits. */
  #judge(bucket: Bucket): Judgement {
    const { verdicts } = this.#subject;
    this.#allowMore();
    const plan = this.#planFor(bucket.shape);
    const refusing = this.#refusing(plan, bucket);
    const judgement =
      refusing === undefined
        ? judgementOf(plan.verdict, this.#rankOf(plan, bucket))
        : judgementOf(verdict.none);
    if ((refusing ?? plan).clock) {
      this.readsClock = true;
      this.#judgedNow.set(bucket, judgement);
      verdicts.setChanging(bucket.number);
    } else verdicts.set(bucket.number, judgement);
    return judgement;
  }

  #planFor(shape: Shape): Plan {
    let plan = this.#plans.get(shape);
    if (plan === undefined) {
      plan = new Plan(this.#subject, shape, this.#slots, this.#starts);
      this.#plans.set(shape, plan);
    }
    return plan;
  }

  /** What keeps the jobs out of all slots of a bucket, if anything does. */
  #refusing(plan: Plan, bucket: Bucket): { readonly clock: boolean } | undefined {
    if (plan.isRefused) return refusal;
    for (const each of plan.common) if (!this.#holdsInAll(each, bucket)) return each;
    const { ad } = this.#subject.job;
    for (const each of plan.commonStarts)
      if (!isTrue(each.clause.holds(bucket.ad, ad, this.#starts))) return each;
    return undefined;
  }

  #holdsInAll({ clause, truths }: CommonClause, bucket: Bucket): boolean {
    const known = truths?.of(bucket.number);
    if (known !== undefined) return known;
    const holds = this.#checked(this.#subject.job.holds(clause, bucket.ad, this.#own));
    truths?.set(bucket.number, holds);
    return holds;
  }

  /** Rank, if all slots of the bucket have the same. */
  #rankOf(plan: Plan, bucket: Bucket): number {
    if (plan.verdict > verdict.byLot) return 0;
    return this.#checked(this.#subject.job.rank(bucket.ad, this.#own));
  }

  #checked<T>(value: T): T {
    if (this.#own.budget.isOverdrawn) throw takesTooLong();
    return value;
  }
}

/** The whole ad, or, if it may make a difference, the one with what is free now. */
const adOf = (pilot: Pilot, { free }: Range): ClassAd => (free ? pilot.freeSlot : pilot.facts.slot);

const takesTooLong = (): GlideinError =>
  new GlideinError('TooLarge', 'its requirements, its rank or its requests take too long to evaluate', {
    cure: 'let them read fewer attributes',
  });
