import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Resources } from '#wire/claim.ts';
import { type Fields, isInteger, isLimits, isNumber, isPilot, isString, isTakes } from './stored-parts.ts';
import type { JobKey, Transition } from './transition.ts';

export type ClaimTransition = Extract<Transition, { type: 'claim' }>;

/** The most claims in one record: a damaged record holds the jobs of all claims that cannot be read in it. */
const most = 500;

/** Numbers for each claim: cluster, proc, epoch, milliseconds since `at`, and places in the lists of pilots and of terms. */
const stride = 6;

/** What a claim takes of its pilot and of the pool's limits. */
interface Terms {
  readonly takes: Resources;
  readonly limits?: readonly Limit[];
}

/**
 * Claims that were recorded one after the other in the same turn, as one record of the journal. A pass of the negotiator makes
 * thousands of claims, and a record for each would take longer than the matching.
 */
export class JoinedClaims {
  readonly #first: ClaimTransition;
  readonly #numbers: number[] = [];
  readonly #pilots = new Map<string, number>();
  readonly #pilotTexts: string[] = [];
  readonly #terms = new Map<string, number>();
  /** Claims of equal jobs often share these, and printing them takes longer than all the rest. */
  #last: { readonly terms: Terms; readonly kind: number } | undefined;
  #isPrinted = false;

  constructor(first: ClaimTransition) {
    this.#first = first;
    this.#add(first);
  }

  /** @returns whether the claim is part of this record now; if not, it needs another one */
  add(claim: ClaimTransition): boolean {
    if (this.#isPrinted || this.#numbers.length >= most * stride || !this.#fits(claim)) return false;
    this.#add(claim);
    return true;
  }

  /** The text of the record. From now on nothing is added to it. */
  print(): string {
    this.#isPrinted = true;
    const { at, claim } = this.#first;
    if (this.#numbers.length === stride) return JSON.stringify(this.#first);
    const generation = JSON.stringify(claim.generation);
    // The numbers come first, so that a record which was cut off still names the jobs.
    return `{"type":"claims","claims":[${this.#numbers.join(',')}],"at":${at},"generation":${generation},"pilots":[${this.#pilotTexts.join(',')}],"terms":[${[...this.#terms.keys()].join(',')}]}`;
  }

  /** Whether reading the record would give this claim back as it is. */
  #fits({ job, claim }: ClaimTransition): boolean {
    return claim.generation === this.#first.claim.generation && claim.id === idOf(job, claim.epoch);
  }

  #add({ at, job, claim, pilot, takes, limits }: ClaimTransition): void {
    let place = this.#pilots.get(pilot.uid);
    if (place === undefined) {
      place = this.#pilotTexts.push(JSON.stringify(pilot)) - 1;
      this.#pilots.set(pilot.uid, place);
    }
    const kind = this.#kindOf(limits === undefined ? { takes } : { takes, limits });
    this.#numbers.push(job.cluster, job.proc, claim.epoch, at - this.#first.at, place, kind);
  }

  #kindOf(terms: Terms): number {
    const last = this.#last;
    if (last?.terms.takes === terms.takes && last.terms.limits === terms.limits) return last.kind;
    const text = JSON.stringify(terms);
    let kind = this.#terms.get(text);
    if (kind === undefined) {
      kind = this.#terms.size;
      this.#terms.set(text, kind);
    }
    this.#last = { terms, kind };
    return kind;
  }
}

const idOf = ({ cluster, proc }: JobKey, epoch: number): string => `${cluster}.${proc}.${epoch}`;

/** One claim of a record: what it was, or undefined if that cannot be read. */
export interface ReadClaim {
  readonly job: JobKey;
  readonly transition: ClaimTransition | undefined;
}

/** The claims of a record of the type `claims`. Each is read by itself, so that damage keeps to the jobs that it concerns. */
export function* claimsIn(fields: Fields): Iterable<ReadClaim> {
  const [pilots, terms] = [listIn(fields, 'pilots'), listIn(fields, 'terms')];
  const numbers = listIn(fields, 'claims');
  for (let from = 0; from < numbers.length; from += stride) {
    const [cluster, proc, ...rest] = numbers.slice(from, from + stride);
    if (!isInteger(cluster) || !isInteger(proc)) continue;
    const job = { cluster: Number(cluster), proc: Number(proc) };
    yield { job, transition: claimFrom(fields, job, rest, { pilots, terms }) };
  }
}

function claimFrom(
  { at, generation }: Fields,
  job: JobKey,
  rest: readonly unknown[],
  { pilots, terms }: { readonly pilots: readonly unknown[]; readonly terms: readonly unknown[] },
): ClaimTransition | undefined {
  if (rest.length !== stride - 2 || !rest.every(isInteger) || !isNumber(at) || !isString(generation))
    return undefined;
  const [epoch, after, place, kind] = rest as [number, number, number, number];
  const [pilot, own] = [pilots[place], terms[kind]];
  if (!isPilot(pilot) || !areTerms(own)) return undefined;
  return {
    type: 'claim',
    at: Number(at) + after,
    job,
    claim: { generation: String(generation), id: idOf(job, epoch), epoch },
    pilot: pilot as ClaimTransition['pilot'],
    ...own,
  };
}

function areTerms(value: unknown): value is Terms {
  const { takes, limits } = (value ?? {}) as Partial<Terms>;
  return isTakes(takes) && isLimits(limits);
}

const listIn = (fields: Fields, name: string): readonly unknown[] => {
  const list = fields[name];
  return Array.isArray(list) ? list : [];
};
