import { GlideinError } from '#base/error.ts';
import { Budget } from '#classad/budget.ts';
import type { Environment } from '#classad/environment.ts';
import { isTrue } from '#classad/value.ts';
import type { Clause, PreparedJob } from '#match/prepared-job.ts';
import { lacking, type Resources } from '#match/resources.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Bucket } from './bucket.ts';
import type { FreeSlots } from './free-slots.ts';
import { anything, everywhere, type Range, wider } from './range.ts';
import type { RequestedLimits } from './requested-limits.ts';
import type { Truths } from './shared-truths.ts';
import { type Judgement, type Verdicts, verdict } from './verdicts.ts';

/**
 * The most attributes that an autocluster's expressions may read in one look: a fixed number, plus a number each time that they
 * are matched with a bucket, with a lot, or with a slot. What people write reads a few dozen. The same holds for the slots' own
 * expressions, so that one slot which reads too much leaves enough to the next.
 */
const mostSteps = 20_000;
const mostStepsEach = 200;

/** What an autocluster brings to a match. */
export interface MatchedJob {
  /** The number of the autocluster. */
  readonly id: number;
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

/**
 * Matches the jobs of one autocluster with slots: as `fitOf` does, but what is equal for all slots of a bucket is evaluated
 * once for all of them.
 */
export class Match {
  /** Whether what was found so far may change with time. */
  readsClock = false;
  readonly #subject: MatchedJob;
  readonly #own: Environment & { readonly budget: Budget };
  readonly #slots: Environment & { readonly budget: Budget };
  readonly #index: Pick<FreeSlots, 'of' | 'shared'>;

  constructor(subject: MatchedJob, index: Pick<FreeSlots, 'of' | 'shared'>, environment: Environment) {
    this.#index = index;
    this.#subject = subject;
    this.#own = { ...environment, budget: new Budget(mostSteps) };
    this.#slots = { ...environment, budget: new Budget(mostSteps) };
  }

  #allowMore(): void {
    this.#own.budget.left += mostStepsEach;
    this.#slots.budget.left += mostStepsEach;
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
    this.#allowMore();
    const { judgement, clock } = this.#judge(bucket);
    if (clock) {
      this.readsClock = true;
      verdicts.setChanging(bucket.number);
    } else verdicts.set(bucket.number, judgement);
    return judgement;
  }

  /** Whether what the job takes at least is free. */
  mayFit(free: Resources): boolean {
    return lacking(this.#subject.job.least, free) === undefined;
  }

  /**
   * The match with a slot of a bucket with this judgement, in which `free` is free. Call it only if {@link mayFit} says so.
   * @throws GlideinError TooLarge as {@link judge} does
   */
  fit(slot: Pilot, bucket: Bucket, free: Resources, judgement: Judgement): Fitting | undefined {
    const { job, limits } = this.#subject;
    this.#allowMore();
    const takes = job.takes ?? this.#checked(job.takesOf(slot.freeSlot, this.#own));
    if (job.takes === undefined && lacking(takes, free) !== undefined) return undefined;
    if (!this.#holdsIn(slot, bucket, judgement)) return undefined;
    const isAlike = judgement.verdict === verdict.all || judgement.verdict === verdict.byLot;
    return {
      takes,
      rank: isAlike ? judgement.rank : this.#rankIn(slot, bucket),
      limits: limits.everywhere ?? this.#checked(limits.on(slot.freeSlot, this.#own)),
    };
  }

  #holdsIn(slot: Pilot, bucket: Bucket, { clauses, start }: Judgement): boolean {
    const { job } = this.#subject;
    if (clauses !== 'none') {
      const some = clauses === 'all' ? job.residue : this.#subject.narrow;
      for (const clause of some) if (!this.#holdsAt(clause, slot, bucket)) return false;
    }
    return !start || isTrue(slot.freeSlot.evaluate('Requirements', job.ad, this.#slots));
  }

  /** A clause that reads nothing of the job is evaluated once for a slot, unless it changes with what is free. */
  #holdsAt(clause: Clause, slot: Pilot, bucket: Bucket): boolean {
    const { free, clock } = bucket.range(clause.reads);
    const ad = free ? slot.freeSlot : slot.facts.slot;
    const evaluate = () => this.#checked(this.#subject.job.holds(clause, ad, this.#own));
    const number = free || clock ? undefined : this.#index.of(slot)?.number;
    const truths = number === undefined ? undefined : this.#truths('slots', clause);
    return number === undefined || truths === undefined ? evaluate() : truths.ask(number, evaluate);
  }

  /** What is known of a clause that other autoclusters have as well. */
  #truths(of: 'slots' | 'buckets', { text }: Clause): Truths | undefined {
    return text === undefined ? undefined : this.#index.shared[of].of(text, this.#subject.id);
  }

  #rankIn(slot: Pilot, bucket: Bucket): number {
    const { job } = this.#subject;
    const ad = bucket.range(job.rankReads).free ? slot.freeSlot : slot.facts.slot;
    return this.#checked(job.rank(ad, this.#own));
  }

  /** What is the same for the whole bucket is evaluated here; if it does not hold, no slot fits. */
  #judge(bucket: Bucket): { judgement: Judgement; clock: boolean } {
    const { job, limits } = this.#subject;
    const clauses = this.#judgeClauses(bucket);
    const none = { verdict: verdict.none, clauses: 'none', start: false, rank: 0 } as const;
    if (!clauses.holds) return { judgement: none, clock: clauses.range.clock };
    const start = this.#judgeStart(bucket);
    if (!start.holds) return { judgement: none, clock: start.range.clock };
    const ofLimits = limits.everywhere === undefined ? bucket.range(limits.reads) : everywhere;
    const detail = wider(bucket.range(job.rankReads), ofLimits);
    const fit = [clauses.range, bucket.range(job.requestReads), start.range].reduce(wider);
    const clock = fit.clock || detail.clock;
    const rest = { clauses: clauses.left, start: start.isLeft };
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
        if (!this.#holdsInAll(clause, bucket, own)) return { holds: false, left, range: own };
      } else if (!narrow.includes(clause)) left = 'all';
      else if (left === 'none') left = 'some';
    }
    return { holds: true, left, range };
  }

  #holdsInAll(clause: Clause, bucket: Bucket, { clock }: Range): boolean {
    const evaluate = () => this.#checked(this.#subject.job.holds(clause, bucket.ad, this.#own));
    const truths = clock ? undefined : this.#truths('buckets', clause);
    return truths === undefined ? evaluate() : truths.ask(bucket.number, evaluate);
  }

  /** The same of the slots' own Requirements, without what the comparison of resources says. */
  #judgeStart(bucket: Bucket): { holds: boolean; isLeft: boolean; range: Range } {
    if (bucket.startsDiffer) return { holds: true, isLeft: true, range: anything };
    const { job } = this.#subject;
    let range = everywhere;
    let isLeft = false;
    for (const clause of bucket.startClauses) {
      if (clause.request !== undefined && job.isPlainRequest(clause.request)) continue;
      const own = bucket.startRange(clause, job.ad);
      range = wider(range, own);
      if (own.reach !== 'bucket') isLeft = true;
      else if (!isTrue(clause.holds(bucket.ad, job.ad, this.#slots)))
        return { holds: false, isLeft, range: own };
    }
    return { holds: true, isLeft, range };
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
