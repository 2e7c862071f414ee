import { truncate } from '#base/truncate.ts';
import type { Expression } from '#classad/ast.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { conjuncts } from '#classad/conjuncts.ts';
import type { Environment } from '#classad/environment.ts';
import { type Prepared, prepare } from '#classad/evaluate.ts';
import { isTrue } from '#classad/value.ts';
import { longestClause } from '#match/mismatch.ts';
import { fixedRequestOf, requestOf } from '#match/request.ts';
import { isEnough, type ResourceName, type Resources, resourceNames } from '#match/resources.ts';
import { clausesOf, isStart, repeated } from './clauses.ts';
import { PrintedExpressions } from './printed-expressions.ts';

/** One of the things that must all hold for a job to run in a slot. The same condition of two slots is the same object. */
export type Condition =
  | { readonly kind: ResourceName }
  | {
      readonly kind: 'jobRequirements' | 'slotRequirements';
      /** As text, truncated; undefined if there are no Requirements at all. */
      readonly text: string | undefined;
      readonly expression: Expression | undefined;
    };

export type Clause = Exclude<Condition, { kind: ResourceName }>;

export const isClause = (condition: Condition): condition is Clause =>
  condition.kind === 'jobRequirements' || condition.kind === 'slotRequirements';

interface Checked {
  readonly clause: Clause;
  readonly holds: Prepared;
  /** A clause such as `TARGET.Memory >= RequestMemory` says what the request says already. */
  readonly repeats: ResourceName | undefined;
}

/** Takes a match apart: resources, the clauses of the job's Requirements, and those of the slot's start expression. */
export class Conditions {
  readonly job: ClassAd;
  readonly printed: PrintedExpressions;
  readonly environment: Environment;
  /** For the slots' expressions: what those use up does not count against the job. */
  readonly slotEnvironment: Environment;
  /** What the job asks for in any slot; undefined if that depends on the slot. */
  readonly #asks: Resources | undefined;
  readonly #ofJob: readonly Checked[];
  /** By the slots' expressions, which slots that are alike may share. */
  readonly #ofSlots = new Map<string, readonly Checked[]>();
  readonly #clauses = new Map<string, Clause>();
  readonly #resources = new Map(resourceNames.map((kind): [ResourceName, Condition] => [kind, { kind }]));

  constructor(
    job: ClassAd,
    environment: Environment,
    slotEnvironment: Environment,
    printed = new PrintedExpressions(),
  ) {
    this.printed = printed;
    this.job = job;
    this.environment = environment;
    this.slotEnvironment = slotEnvironment;
    this.#asks = fixedRequestOf(job);
    this.#ofJob = this.#clausesOf('jobRequirements', clausesOf(job.get('Requirements'), job));
  }

  /** The clauses of the job's Requirements. */
  get ofJob(): readonly Clause[] {
    return this.#ofJob.map(({ clause }) => clause);
  }

  /** Whether an expression was cut short: then nothing that was found out is certain. */
  get isOverdrawn(): boolean {
    return this.environment.budget?.isOverdrawn === true;
  }

  /** What the job asks for in a slot. */
  asksOf(slot: ClassAd): Resources {
    return this.#asks ?? requestOf(this.job, slot, this.environment);
  }

  /** What keeps the job out of `slot`, which offers and is asked for this; nothing if it fits. */
  failing(slot: ClassAd, asks: Resources, offers: Resources): readonly Condition[] {
    const short = isEnough(offers, asks) ? [] : resourceNames.filter((name) => asks[name] > offers[name]);
    const failing: Condition[] = short.flatMap((name) => this.#resources.get(name) ?? []);
    for (const { clause, holds, repeats } of this.#ofJob) {
      if (repeats !== undefined && short.includes(repeats)) continue;
      if (!isTrue(holds(this.job, slot, this.environment))) failing.push(clause);
    }
    for (const { clause, holds } of this.#ofSlot(slot))
      if (!isTrue(holds(slot, this.job, this.slotEnvironment))) failing.push(clause);
    return failing;
  }

  /** What a clause evaluates to in a match with `slot`. */
  valueOf({ kind, expression }: Clause, slot: ClassAd) {
    if (expression === undefined) return undefined;
    const run = prepare(expression);
    return kind === 'jobRequirements'
      ? run(this.job, slot, this.environment)
      : run(slot, this.job, this.slotEnvironment);
  }

  #ofSlot(slot: ClassAd): readonly Checked[] {
    const requirements = slot.get('Requirements');
    const start = slot.get('Start');
    const text = [requirements, start]
      .map((each) => (each === undefined ? '' : this.printed.of(each)))
      .join('\n');
    let clauses = this.#ofSlots.get(text);
    if (clauses === undefined) {
      const expressions = clausesOf(requirements, slot).flatMap((clause) =>
        start !== undefined && clause !== undefined && isStart(clause) ? conjuncts(start, slot) : [clause],
      );
      clauses = this.#clausesOf('slotRequirements', expressions);
      this.#ofSlots.set(text, clauses);
    }
    return clauses;
  }

  #clausesOf(kind: Clause['kind'], expressions: readonly (Expression | undefined)[]): readonly Checked[] {
    return expressions.map((expression): Checked => {
      const clause = this.#clause(kind, expression);
      const holds = expression === undefined ? () => undefined : prepare(expression);
      const repeats =
        kind === 'jobRequirements' && expression !== undefined ? repeated(expression, this.job) : undefined;
      return { clause, holds, repeats };
    });
  }

  #clause(kind: Clause['kind'], expression: Expression | undefined): Clause {
    const text = expression === undefined ? undefined : this.printed.of(expression);
    const key = `${kind} ${text ?? ''}`;
    let clause = this.#clauses.get(key);
    if (clause === undefined) {
      clause = { kind, text: text === undefined ? undefined : truncate(text, longestClause), expression };
      this.#clauses.set(key, clause);
    }
    return clause;
  }
}
