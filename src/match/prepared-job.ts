import type { Expression } from '#classad/ast.ts';
import { type AttributesRead, attributesRead, attributesReadBy } from '#classad/attributes-read.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { conjuncts } from '#classad/conjuncts.ts';
import type { Environment } from '#classad/environment.ts';
import { type Prepared, prepare } from '#classad/evaluate.ts';
import { isPlain } from '#classad/plain-expression.ts';
import { printExpression } from '#classad/print.ts';
import { asNumber, isTrue, truth } from '#classad/value.ts';
import { rankIn } from './fit.ts';
import { fixedRequestOf, requestOf, requests } from './request.ts';
import { boundOf, most, unwrapped } from './resource-bounds.ts';
import { largest, nothing, type Resources } from './resources.ts';

/** What expressions of a job read of slots, and whether they depend on time or chance. */
export type SlotReads = Pick<AttributesRead, 'target' | 'anything' | 'clock'>;

/** One of the clauses that `&&` joins in Requirements. */
export interface Clause {
  readonly holds: Prepared;
  readonly reads: SlotReads;
  /** Its text if it reads nothing of the job, and it pays to keep the one value that it has for all jobs; otherwise undefined. */
  readonly text: string | undefined;
}

/**
 * The ad of a job, prepared to be matched with many slots. Its Requirements are divided: the clauses that compare a resource
 * with a number become `least`, which needs no evaluation, and what is left of them is the *residue*, which mostly reads
 * attributes that thousands of slots have in common.
 */
export class PreparedJob {
  readonly ad: ClassAd;
  /** What the job takes of any slot; undefined if that depends on the slot. */
  readonly takes: Resources | undefined;
  /** What must be free at least. It suffices only if the residue holds and the requests do not depend on the slot. */
  readonly least: Resources;
  readonly residue: readonly Clause[];
  /** What the requests read. */
  readonly requestReads: SlotReads;
  /** What Rank reads. */
  readonly rankReads: SlotReads;
  readonly #rank: Prepared | undefined;

  constructor(ad: ClassAd) {
    this.ad = ad;
    this.takes = fixedRequestOf(ad);
    const { least, residue } = divided(ad, this.takes);
    this.least = largest(least, this.takes ?? nothing);
    this.residue = residue;
    this.requestReads = this.takes === undefined ? attributesRead(ad, requests) : readsNothing;
    this.rankReads = attributesRead(ad, ['Rank']);
    const rank = ad.get('Rank');
    this.#rank = rank && prepare(rank);
  }

  /** The names that it reads of slots, in lower case. */
  get reads(): readonly string[] {
    const all = [this.requestReads, this.rankReads, ...this.residue.map(({ reads }) => reads)];
    return [...new Set(all.flatMap(({ target }) => [...target]))];
  }

  /**
   * Whether a request is a number, of which the job takes at least as much: then a slot with enough for the job has what is
   * requested. @param name in lower case
   */
  isPlainRequest(name: string): boolean {
    const expression = this.ad.get(name);
    if (this.takes === undefined || expression?.kind !== 'literal') return false;
    const value = typeof expression.value === 'boolean' ? undefined : asNumber(expression.value);
    return value !== undefined && value >= 0;
  }

  /** Whether a clause holds. */
  holds({ holds }: Clause, slot: ClassAd, environment: Environment): boolean {
    return isTrue(holds(this.ad, slot, environment));
  }

  /** What it takes of this slot. */
  takesOf(slot: ClassAd, environment: Environment): Resources {
    return this.takes ?? requestOf(this.ad, slot, environment);
  }

  rank(slot: ClassAd, environment: Environment): number {
    return this.#rank === undefined ? 0 : rankIn(this.#rank(this.ad, slot, environment));
  }
}

interface Divided {
  readonly least: Resources;
  readonly residue: readonly Clause[];
}

/** The residue of a job without Requirements never holds, as a missing Requirements is no match. */
function divided(ad: ClassAd, takes: Resources | undefined): Divided {
  const expression = ad.get('Requirements');
  const whole: Prepared = (my, target, environment) =>
    (my as ClassAd).evaluate('Requirements', target, environment);
  // Requirements that read themselves mean something else clause by clause.
  if (expression === undefined || attributesReadBy(expression, ad).my.has('requirements')) {
    const reads = attributesRead(ad, ['Requirements']);
    return { least: nothing, residue: [{ holds: whole, reads, text: undefined }] };
  }
  let least = nothing;
  const residue: Clause[] = [];
  for (const clause of conjuncts(expression, ad)) {
    const bound = boundOf(clause, ad);
    if (bound !== undefined) least = most(least, bound);
    else residue.push(...withoutImplied(clause, ad, takes));
  }
  return { least, residue };
}

/**
 * A clause, or what is left of it: in `A || TARGET.Disk >= RequestDisk`, which condor_submit adds to every job, what stands on
 * the right holds wherever the job's request fits, so that only an error of A makes a difference.
 */
function withoutImplied(clause: Expression, ad: ClassAd, takes: Resources | undefined): readonly Clause[] {
  const plain = unwrapped(clause);
  if (plain.kind !== 'binary' || plain.operator !== '||' || takes === undefined)
    return [clauseOf(clause, ad)];
  const isImplied = (side: Expression): boolean => {
    const bound = boundOf(side, ad);
    return bound !== undefined && bound.least <= takes[bound.name];
  };
  if (isImplied(plain.left)) return [];
  return [isImplied(plain.right) ? harmless(plain.left, ad) : clauseOf(clause, ad)];
}

/** Whether the value of an expression on the left of `|| true` makes the whole true. */
function harmless(expression: Expression, ad: ClassAd): Clause {
  const { holds, reads, text } = clauseOf(expression, ad);
  const isHarmless: Prepared = (...scope) => {
    const value = holds(...scope);
    return value === undefined || truth(value) !== undefined;
  };
  return { holds: isHarmless, reads, text: text === undefined ? undefined : `${text} || true` };
}

function clauseOf(expression: Expression, ad: ClassAd): Clause {
  const reads = attributesReadBy(expression, ad);
  return { holds: prepare(expression), reads, text: sharedText(expression, ad, reads) };
}

/** Longer texts are not worth keeping, nor the values of short ones without calls, which are evaluated as fast as they are found. */
const longestShared = 1_000;
const shortest = 100;

/** A name without a prefix may be the job's in one ad and the slot's in another: then the text would mean two things. */
function sharedText(
  expression: Expression,
  ad: ClassAd,
  { my, anything, clock }: AttributesRead,
): string | undefined {
  if (anything || clock || expression.size > longestShared) return undefined;
  if (expression.size < shortest && isPlain(expression)) return undefined;
  return [...my].some((name) => ad.has(name)) ? undefined : printExpression(expression);
}

const readsNothing: SlotReads = { target: new Set(), anything: false, clock: false };
