import { isCode } from '#base/error.ts';
import type { Expression } from '#classad/ast.ts';
import { attributesReadBy } from '#classad/attributes-read.ts';
import { Budget } from '#classad/budget.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { conjuncts } from '#classad/conjuncts.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseExpression } from '#classad/parser.ts';
import { isTrue } from '#classad/value.ts';
import type { Connection } from './connection.ts';
import type { HistorySearch } from './history-rows.ts';
import type { ClusterRow } from './snapshot-rows.ts';

/** Clusters that are remembered; each takes about a kilobyte. */
const mostRemembered = 10_000;

/** The attributes that decide about all jobs of a cluster, unless a proc has one of its own. */
type Verdict = readonly ReadonlySet<string>[];

/**
 * Rules out whole clusters: a part of a constraint that reads nothing but what is common to a cluster's jobs is evaluated once
 * for all of them.
 */
export class ClusterVerdicts {
  readonly #connection: Connection;
  readonly #changing: readonly string[];
  readonly #steps: number;
  readonly #parts: readonly Expression[];
  /** For each cluster, what is read by each part of the constraint that is not true in it. */
  readonly #remembered = new Map<number, Verdict>();

  constructor(connection: Connection, { constraint, changing, steps }: HistorySearch) {
    this.#connection = connection;
    this.#changing = changing;
    this.#steps = steps;
    this.#parts = conjuncts(parseExpression(constraint));
  }

  /**
   * Whether the constraint may be true for a job of this cluster.
   * @param names the attributes in which the job differs from its cluster: in lower case, separated by blanks
   */
  mayHold(cluster: number, names: string): boolean {
    const verdict = this.#verdict(cluster);
    if (verdict.length === 0) return true;
    const own = names === '' ? [] : names.split(' ');
    return verdict.every((read) => own.some((name) => read.has(name)));
  }

  #verdict(cluster: number): Verdict {
    const known = this.#remembered.get(cluster);
    if (known !== undefined) return known;
    const ad = this.#adOf(cluster);
    const verdict = ad === undefined ? [] : this.#parts.flatMap((part) => this.#readInVain(part, ad) ?? []);
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
    this.#remembered.set(cluster, verdict);
    return verdict;
  }

  /** What a part reads, if it is not true for any job of the cluster that has none of these attributes itself. */
  #readInVain(part: Expression, ad: ClassAd): ReadonlySet<string> | undefined {
    const { my, target, anything, clock } = attributesReadBy(part, ad);
    const read = new Set([...my, ...target]);
    if (anything || clock || this.#changing.some((name) => read.has(name))) return undefined;
    const environment = { now: () => 0, random: () => 0, budget: new Budget(this.#steps) };
    return isTrue(evaluate(part, ad, undefined, environment)) ? undefined : read;
  }

  /** As the pool makes the ad of a cluster, without what cannot be read; undefined if all of it cannot. */
  #adOf(cluster: number): ClassAd | undefined {
    const [row] = this.#connection.all<ClusterRow>('SELECT * FROM clusters WHERE cluster = ?', cluster);
    if (row === undefined) return undefined;
    try {
      return readable((JSON.parse(row.record) as { ad: Record<string, string> }).ad);
    } catch {
      return undefined;
    }
  }
}

function readable(texts: Readonly<Record<string, string>>): ClassAd {
  const ad = new ClassAd();
  for (const [name, text] of Object.entries(texts)) {
    try {
      ad.setText(name, text);
    } catch (error) {
      if (!isCode(error, 'InvalidExpression')) throw error;
    }
  }
  return ad;
}
