import type { Clock } from '#base/clock.ts';
import type { Expression } from '#classad/ast.ts';
import { attributesReadBy } from '#classad/attributes-read.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { evaluate } from '#classad/evaluate.ts';
import { asciiLower } from '#classad/names.ts';
import { isTrue } from '#classad/value.ts';
import { environmentFor } from '../jobs/environment.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import type { Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { isLiteral } from '../policy/policy-inputs.ts';

interface ConstraintOptions {
  readonly ads: JobAds;
  readonly clock: Clock;
}

/** What a constraint reads of the fresh procs of one cluster. */
interface Plan {
  /** Names in lower case. */
  readonly reads: ReadonlySet<string>;
  /** Whether one of them may set something that is read. */
  readonly readsOwn: boolean;
  /** Whether it reads their numbers, or the verdict may change with the time. */
  readonly varies: boolean;
  /** Whether it may read anything. */
  readonly readsAnything: boolean;
  /** The whole ad of one of them, without anything of its own. */
  readonly base: ClassAd;
  verdict?: boolean;
}

/**
 * A constraint on jobs. What it reads tells how much of a job has to be looked at: of fresh procs often nothing, or nothing but
 * their numbers. So a queue of a million jobs is judged in seconds.
 */
export class Constraint {
  readonly #options: ConstraintOptions;
  readonly #expression: Expression;
  readonly #plans = new WeakMap<FreshProcs, Plan>();

  constructor(options: ConstraintOptions, expression: Expression) {
    this.#options = options;
    this.#expression = expression;
  }

  /** Whether the job's whole ad satisfies the constraint. */
  holds(job: Job): boolean {
    return this.#isTrue(this.#options.ads.whole(job));
  }

  /** Whether none of these procs satisfies the constraint, because it reads nothing in which they differ. */
  holdsForNone(fresh: FreshProcs): boolean {
    return fresh.procs.first === undefined || this.#together(fresh) === false;
  }

  /** Whether each of these procs satisfies the constraint, because it reads nothing in which they differ. */
  holdsForAll(fresh: FreshProcs): boolean {
    return this.#together(fresh) === true;
  }

  /** The verdict about all of these procs; undefined if each needs its own. */
  #together(fresh: FreshProcs): boolean | undefined {
    const { varies, readsOwn, readsAnything } = this.#planOf(fresh);
    const { first } = fresh.procs;
    return varies || readsOwn || readsAnything || first === undefined
      ? undefined
      : this.holdsFor(fresh, first);
  }

  /** Whether a fresh proc satisfies the constraint. */
  holdsFor(fresh: FreshProcs, proc: number): boolean {
    const plan = this.#planOf(fresh);
    if (plan.readsAnything) return this.holds(fresh.job(proc));
    if (plan.readsOwn) return this.#holdsForOwn(plan, fresh, proc);
    if (!plan.varies) {
      plan.verdict ??= this.#isTrue(plan.base);
      return plan.verdict;
    }
    if (plan.reads.has('globaljobid')) return this.holds(fresh.job(proc));
    return this.#isTrue(plan.base.setValue('ProcId', proc));
  }

  #holdsForOwn({ base, reads }: Plan, fresh: FreshProcs, proc: number): boolean {
    const attributes = fresh.attributes(proc);
    if (attributes === undefined || reads.has('globaljobid')) return this.holds(fresh.job(proc));
    const ad = new ClassAd(base);
    for (const name in attributes) {
      if (!reads.has(asciiLower(name))) continue;
      const text = attributes[name] ?? '';
      // An expression may read more than what is known to be read.
      if (!isLiteral(text)) return this.holds(fresh.job(proc));
      // A string without escapes is its own value.
      if (text.startsWith('"')) ad.setValue(name, text.slice(1, -1));
      else ad.setText(name, text);
    }
    return this.#isTrue(ad.setValue('ProcId', proc));
  }

  #isTrue(ad: ClassAd): boolean {
    return isTrue(evaluate(this.#expression, ad, undefined, environmentFor(this.#options.clock, 1)));
  }

  #planOf(fresh: FreshProcs): Plan {
    const known = this.#plans.get(fresh);
    if (known !== undefined) return known;
    const base = this.#options.ads.whole(fresh.shared);
    const { my: reads, anything, clock } = attributesReadBy(this.#expression, base);
    const plan = {
      reads,
      readsOwn: fresh.maySet(reads),
      varies: clock || reads.has('procid') || reads.has('globaljobid'),
      readsAnything: anything,
      base,
    };
    this.#plans.set(fresh, plan);
    return plan;
  }
}
