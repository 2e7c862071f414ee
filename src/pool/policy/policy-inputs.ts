import { attributesRead } from '#classad/attributes-read.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { printExpression } from '#classad/print.ts';
import { textNamed } from '#wire/ad-texts.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import { isPristine, type Job } from '../jobs/job.ts';
import { isRare, type JobValue, valueReader } from './job-values.ts';

/**
 * Attributes with which a job itself decides when it is held, released, removed or stopped, and whether it stays in the queue
 * when it has ended.
 */
const decidingAttributes = [
  'AllowedJobDuration',
  'AllowedExecuteDuration',
  'PeriodicVacate',
  'TimerRemove',
  'PeriodicHold',
  'PeriodicRelease',
  'PeriodicRemove',
  'LeaveJobInQueue',
] as const;

/** Attribute texts that mean the same in every ad: a number, a string without escapes, a boolean. */
const literal = /^(-?[0-9.]+|"[^"\\]*"|true|false)$/i;

export const isLiteral = (text: string): boolean => literal.test(text);

/** Expression texts that are never true. */
const never = /^(false|undefined|0|)$/i;

/** Whether an ad with these texts may ask for its job to stay in the queue after its end. */
export function mayStay(texts: Readonly<Record<string, string>>): boolean {
  const text = textNamed(texts, 'leavejobinqueue');
  return text !== undefined && !never.test(text.trim());
}

const deciding: ReadonlySet<string> = new Set(decidingAttributes.map(asciiLower));

/** Attributes, in lower case, that have another value in each proc. */
const numbers = ['procid', 'globaljobid'];

/** Whether an ad with these texts has a policy that could ever be true. */
function hasPolicy(texts: Readonly<Record<string, string>>): boolean {
  for (const name in texts) {
    if (deciding.has(asciiLower(name)) && !never.test((texts[name] ?? '').trim())) return true;
  }
  return false;
}

/**
 * What the policies of a cluster's jobs read. Jobs that agree in all of it share one verdict: only jobs that differ are
 * evaluated, and a million equal ones cost one comparison each.
 */
export class PolicyInputs {
  /** Readers of those values that differ between jobs. */
  readonly #values: readonly ((job: Job) => JobValue)[];
  readonly #readsRare: boolean;
  readonly #readsAnything: boolean;
  readonly #reads: ReadonlySet<string>;
  /** A cache by spelling: every job of a cluster asks for the same names. */
  readonly #relevant = new Map<string, 'decides' | 'isRead' | 'no'>();

  /** Whether the cluster's ad has a policy; if not, one of its jobs still may. */
  readonly #asks: boolean;

  /** @param texts the cluster's ad as text; `ad` is the same ad, parsed */
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

  /** Whether the job has any policy, its cluster's or its own. */
  asks({ attributes }: Job): boolean {
    if (this.#asks) return true;
    for (const name in attributes) if (this.#decides(name)) return true;
    return false;
  }

  /** Whether the policies' verdict is the same about all fresh procs of the cluster. */
  areAlike(fresh: FreshProcs): boolean {
    if (!this.#asks) return !fresh.maySet(deciding);
    return (
      !this.#readsAnything && !numbers.some((name) => this.#reads.has(name)) && !fresh.maySet(this.#reads)
    );
  }

  /**
   * Collects everything on which the verdict about a job depends, apart from the time and its cluster.
   * @param into receives the values
   * @returns false if that is not possible without the job's whole ad
   */
  read(job: Job, into: JobValue[]): boolean {
    if (this.#readsAnything || (this.#readsRare && !isPristine(job))) return false;
    into.length = 0;
    for (const value of this.#values) into.push(value(job));
    for (const name in job.attributes) {
      const relevance = this.#relevanceOf(name);
      if (relevance === 'no') continue;
      const text = job.attributes[name] ?? '';
      if (relevance === 'decides' || !isLiteral(text)) return false;
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

/** Whether an expression calls `random()`: then every job must be evaluated by itself. */
function readsChance(ad: ClassAd, names: ReadonlySet<string>): boolean {
  for (const name of names) {
    const expression = ad.get(name);
    if (expression !== undefined && /\brandom\b/i.test(printExpression(expression))) return true;
  }
  return false;
}
