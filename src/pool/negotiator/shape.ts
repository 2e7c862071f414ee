import { attributesRead } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { printExpression } from '#classad/print.ts';
import { Computed } from '#classad/slot.ts';
import type { SlotReads } from '#match/prepared-job.ts';
import type { SlotKinds } from '#match/slot-kinds.ts';
import { type StartClause, startClausesOf } from '#match/start-clauses.ts';
import { type Range, rangeByJob, rangeIn, rangeOf, rangeOfStart, wider } from './range.ts';

/** What slots say about jobs that they accept. */
const starts = ['requirements', 'start'];

/** More shapes are not kept for other buckets, nor those with longer texts. */
const mostShapes = 2_000;
const longestText = 20_000;

/**
 * What slot ads are, except for their constants: their attributes, and the expressions under these. What a job's expressions
 * depend on in a bucket, and which clauses the slots' Requirements have, follows from the shape, which thousands of buckets
 * have in common.
 */
export class Shape {
  /** Any ad of this shape. */
  readonly ad: ClassAd;
  /** The attributes that have to be evaluated, in lower case. */
  readonly #computed: ReadonlySet<string>;
  #startClauses: readonly StartClause[] | undefined;

  constructor(ad: ClassAd) {
    this.ad = ad;
    this.#computed = new Set(
      [...ad.names()].map(asciiLower).filter((name) => ad.slot(name) instanceof Computed),
    );
  }

  /** The clauses of the slots' own Requirements. */
  get startClauses(): readonly StartClause[] {
    this.#startClauses ??= startClausesOf(this.ad);
    return this.#startClauses;
  }

  /** Whether the slots of a bucket have Requirements with different texts: then the clauses are those of one of them. */
  startsDiffer(kinds: SlotKinds): boolean {
    return starts.some((name) => this.ad.has(name) && kinds.isIndividual(name));
  }

  /** What a clause of the slots' own Requirements depends on when it meets this job. */
  startRange({ reads }: StartClause, job: ClassAd, kinds: SlotKinds): Range {
    const own = rangeOfStart(reads, kinds);
    const byJob = rangeByJob(reads, { slot: this.ad, job, kinds });
    return byJob === undefined ? own : wider(own, byJob);
  }

  /** Whether the slots' own Requirements read the time, or may do so, or whatever else is read of them. */
  readsClock(kinds: SlotKinds): boolean {
    if (this.startsDiffer(kinds) || this.startClauses.some(({ reads }) => reads.clock)) return true;
    const computed = kinds.names.filter((name) => this.#computed.has(name));
    return computed.length > 0 && attributesRead(this.ad, computed).clock;
  }

  /** What expressions of a job depend on that read this of the slots. */
  range(reads: SlotReads, kinds: SlotKinds): Range {
    for (const name of reads.target) if (this.#computed.has(name)) return rangeIn(this.ad, reads, kinds);
    return rangeOf(reads, kinds);
  }
}

/** The shapes of slot ads, as long as a bucket has them. */
export class Shapes {
  readonly #byText = new Map<string, WeakRef<Shape>>();

  of(ad: ClassAd): Shape {
    const text = textOf(ad);
    const known = this.#byText.get(text)?.deref();
    if (known !== undefined) return known;
    const created = new Shape(ad);
    if (text.length > longestText) return created;
    // Pilots may come with ever new ones.
    if (this.#byText.size >= mostShapes) this.#byText.clear();
    this.#byText.set(text, new WeakRef(created));
    return created;
  }
}

/** Equal for ads of one shape. `Start` belongs to it although it may be constant, as it is divided into clauses. */
function textOf(ad: ClassAd): string {
  const parts: string[] = [];
  for (const { name, expression } of ad.attributes()) {
    const key = asciiLower(name);
    const isWhole = starts.includes(key) || ad.slot(key) instanceof Computed;
    parts.push(key, isWhole ? printExpression(expression, 'wire') : '');
  }
  return JSON.stringify(parts);
}
