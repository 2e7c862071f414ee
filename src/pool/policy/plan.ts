import { attributesRead } from '#classad/attributes-read.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { printExpression } from '#classad/print.ts';
import type { Job } from '../jobs/job.ts';
import { isPristine, isRare, type JobValue, valueReader } from './job-values.ts';
import { decidingAttributes } from './policy-attributes.ts';

/** Texts of attributes that mean the same in every ad: a number, a string without escapes, a truth. */
const literal = /^(-?[0-9.]+|"[^"\\]*"|true|false)$/i;

/** Expression texts that never come true. */
const never = /^(false|undefined|0|)$/i;

const deciding: ReadonlySet<string> = new Set(decidingAttributes.map(asciiLower));

/** Whether these texts ask for anything of a policy. */
function hasPolicy(texts: Readonly<Record<string, string>>): boolean {
  for (const name in texts) {
    if (deciding.has(asciiLower(name)) && !never.test((texts[name] ?? '').trim())) return true;
  }
  return false;
}

/**
 * What the policies of a cluster's jobs read. Jobs that agree in all of it share one verdict; only those that differ are
 * evaluated, and a million that do not cost a comparison each.
 */
export class Plan {
  /** What the jobs themselves have to say of what is read. */
  readonly #values: readonly ((job: Job) => JobValue)[];
  readonly #readsRare: boolean;
  readonly #readsAnything: boolean;
  readonly #reads: ReadonlySet<string>;
  /** By spelling, since one and the same is asked for of every job. */
  readonly #relevant = new Map<string, 'decides' | 'isRead' | 'no'>();

  /** Whether the cluster itself asks for anything; if not, a job of it may. */
  readonly #asks: boolean;

  /** @param texts those of the cluster's ad, and `ad` the same as expressions */
  constructor(texts: Readonly<Record<string, string>>, ad: () => ClassAd) {
    this.#asks = hasPolicy(texts);
    const cluster = this.#asks ? ad() : new ClassAd();
    const read = attributesRead(cluster, decidingAttributes);
    const names = [...read.my];
    this.#reads = read.my;
    this.#values = names.map(valueReader).filter((value) => value !== undefined);
    this.#readsRare = names.some(isRare);
    this.#readsAnything = read.anything || readsChance(cluster, read.my);
  }

  /** Whether the job has any policy, be it its cluster's or its own. */
  asks({ attributes }: Job): boolean {
    if (this.#asks) return true;
    for (const name in attributes) if (this.#decides(name)) return true;
    return false;
  }

  /**
   * All that the verdict on a job depends on, beside the time and its cluster, unless only its whole ad tells that.
   * @param into holds the values afterwards
   * @returns whether it does
   */
  read(job: Job, into: JobValue[]): boolean {
    if (this.#readsAnything || (this.#readsRare && !isPristine(job))) return false;
    into.length = 0;
    for (const value of this.#values) into.push(value(job));
    for (const name in job.attributes) {
      const relevance = this.#relevanceOf(name);
      if (relevance === 'no') continue;
      const text = job.attributes[name] ?? '';
      if (relevance === 'decides' || !literal.test(text)) return false;
      into.push(name, text);
    }
    return true;
  }

  #decides(name: string): boolean {
    return this.#relevanceOf(name) === 'decides';
  }

  #relevanceOf(name: string): 'decides' | 'isRead' | 'no' {
    let relevance = this.#relevant.get(name);
    if (relevance === undefined) {
      const lower = asciiLower(name);
      relevance = deciding.has(lower) ? 'decides' : this.#reads.has(lower) ? 'isRead' : 'no';
      this.#relevant.set(name, relevance);
    }
    return relevance;
  }
}

/** Whether chance has a say: then each job is asked for itself. */
function readsChance(ad: ClassAd, names: ReadonlySet<string>): boolean {
  for (const name of names) {
    const expression = ad.get(name);
    if (expression !== undefined && /\brandom\b/i.test(printExpression(expression))) return true;
  }
  return false;
}
