import { GlideinError } from '#base/error.ts';
import { Budget } from '#classad/budget.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { isTrue } from '#classad/value.ts';
import type { Clause, PreparedJob } from '#match/prepared-job.ts';
import { lacking, type Resources } from '#match/resources.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Bucket } from './bucket.ts';
import { type Range, wider } from './range.ts';
import type { RequestedLimits } from './requested-limits.ts';
import { type Judgement, type Verdicts, verdict } from './verdicts.ts';

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
  /** The clauses that read what is free, names, or anything else in which slots of a bucket differ. */
  readonly narrow: readonly Clause[];
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
   * What holds for the slots of a bucket.
   * @throws GlideinError TooLarge if the job's expressions exceed their budget. The slots' own expressions have another budget: a
   * slot that exceeds it does not fit.
   */
  judge(bucket: Bucket): Judgement {
    const { verdicts } = this.#subject;
    const known = verdicts.of(bucket.number);
    if (known !== undefined) return known;
    const { judgement, clock } = this.#judge(bucket);
    if (!clock) verdicts.set(bucket.number, judgement);
    return judgement;
  }

  /** Whether what the job takes at least is free. */
  mayFit(free: Resources): boolean {
    return lacking(this.#subject.job.least, free) === undefined;
  }

  /**
   * The match with a slot of a bucket with this judgement, in which `free` is free.
   * @throws GlideinError TooLarge as {@link judge} does
   */
  fit(slot: Slot, free: Resources, judgement: Judgement): Fitting | undefined {
    const { job, limits } = this.#subject;
    if (!this.mayFit(free)) return undefined;
    const takes = job.takes ?? this.#checked(job.takesOf(slot.freeSlot, this.#own));
    if (job.takes === undefined && lacking(takes, free) !== undefined) return undefined;
    if (!this.#holdsIn(slot, judgement)) return undefined;
    const isAlike = judgement.verdict === verdict.all || judgement.verdict === verdict.byLot;
    return {
      takes,
      rank: isAlike ? judgement.rank : this.#checked(job.rank(slot.freeSlot, this.#own)),
      limits: limits.everywhere ?? this.#checked(limits.on(slot.freeSlot, this.#own)),
    };
  }

  #holdsIn(slot: Slot, { clauses, start }: Judgement): boolean {
    const { job } = this.#subject;
    if (clauses !== 'none') {
      const some = clauses === 'all' ? job.residue : this.#subject.narrow;
      for (const clause of some)
        if (!this.#checked(job.holds(clause, slot.freeSlot, this.#own))) return false;
    }
    return !start || isTrue(slot.freeSlot.evaluate('Requirements', job.ad, this.#slots));
  }

  /** What is the same for the whole bucket is evaluated here; if it does not hold, no slot fits. */
  #judge(bucket: Bucket): { judgement: Judgement; clock: boolean } {
    const { job, limits } = this.#subject;
    const clauses = this.#judgeClauses(bucket);
    const start = bucket.startFor(job.ad);
    const ofLimits = limits.everywhere === undefined ? bucket.range(limits.reads) : everywhere;
    const detail = wider(bucket.range(job.rankReads), ofLimits);
    const fit = [clauses.range, bucket.range(job.requestReads), start].reduce(wider);
    const clock = fit.clock || detail.clock;
    const none = { verdict: verdict.none, clauses: 'none', start: false, rank: 0 } as const;
    if (!clauses.holds) return { judgement: none, clock: clauses.range.clock };
    const isStartWide = start.reach === 'bucket';
    if (isStartWide && !isTrue(bucket.ad.evaluate('Requirements', job.ad, this.#slots)))
      return { judgement: none, clock };
    const rest = { clauses: clauses.left, start: !isStartWide };
    if (detail.reach === 'bucket' && fit.reach !== 'slot') {
      const rank = this.#checked(job.rank(bucket.ad, this.#own));
      const one = fit.reach === 'bucket' ? verdict.all : verdict.byLot;
      return { judgement: { ...rest, verdict: one, rank }, clock };
    }
    const isEach = fit.reach === 'slot' || detail.reach === 'slot';
    return { judgement: { ...rest, verdict: isEach ? verdict.eachSlot : verdict.eachLot, rank: 0 }, clock };
  }

  /** Evaluates the clauses that are the same for the whole bucket. @returns whether they hold, and which are left */
  #judgeClauses(bucket: Bucket): { holds: boolean; left: Judgement['clauses']; range: Range } {
    const { job, narrow } = this.#subject;
    let range = everywhere;
    let left: Judgement['clauses'] = 'none';
    for (const clause of job.residue) {
      const own = bucket.range(clause.reads);
      range = wider(range, own);
      if (own.reach === 'bucket') {
        if (!this.#checked(job.holds(clause, bucket.ad, this.#own)))
          return { holds: false, left, range: own };
      } else if (!narrow.includes(clause)) left = 'all';
      else if (left === 'none') left = 'some';
    }
    return { holds: true, left, range };
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
