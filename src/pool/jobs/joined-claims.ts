import { claimId } from './claim-id.ts';
import { type Fields, isFields, isInteger } from './stored-parts.ts';
import { checkTransition } from './stored-shapes.ts';
import type { JobKey, Transition } from './transition.ts';

export type ClaimTransition = Extract<Transition, { type: 'claim' }>;

/** The most claims in one record: a damaged record holds the jobs of all claims that cannot be read in it. */
const most = 500;

/** Numbers for each claim: cluster, proc, epoch, milliseconds since `at`, and places in the lists of pilots and of terms. */
const stride = 6;

/** Everything else that a claim says, such as what it takes of its pilot: equal jobs say the same. */
interface Terms {
  readonly takes: ClaimTransition['takes'];
  readonly limits?: ClaimTransition['limits'] | undefined;
  readonly submitter?: string | undefined;
}

/**
 * Claims that were recorded one after the other in the same turn, as one record of the journal: a pass of the negotiator may make
 * thousands.
 */
export class JoinedClaims {
  readonly #first: ClaimTransition;
  readonly #numbers: number[] = [];
  /** Their places in the list. A pilot that has come back with other facts is another object, and has another place. */
  readonly #pilots = new Map<ClaimTransition['pilot'], number>();
  readonly #pilotTexts: string[] = [];
  readonly #terms = new Map<string, number>();
  /** Claims of equal jobs often share these: they need not be printed again to be found. */
  #last: (Terms & { readonly kind: number }) | undefined;
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
    return claim.generation === this.#first.claim.generation && claim.id === claimId(job, claim.epoch);
  }

  #add(transition: ClaimTransition): void {
    const { at, job, claim, pilot } = transition;
    let place = this.#pilots.get(pilot);
    if (place === undefined) {
      place = this.#pilotTexts.push(JSON.stringify(pilot)) - 1;
      this.#pilots.set(pilot, place);
    }
    const kind = this.#kindOf(transition);
    this.#numbers.push(job.cluster, job.proc, claim.epoch, at - this.#first.at, place, kind);
  }

  #kindOf({ takes, limits, submitter }: Terms): number {
    const last = this.#last;
    if (last?.takes === takes && last.limits === limits && last.submitter === submitter) return last.kind;
    const text = JSON.stringify({ takes, limits, submitter });
    let kind = this.#terms.get(text);
    if (kind === undefined) {
      kind = this.#terms.size;
      this.#terms.set(text, kind);
    }
    this.#last = { takes, limits, submitter, kind };
    return kind;
  }
}

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
    const [epoch, after, place, kind] = rest.map(Number);
    const claim = {
      ...fieldsOf(terms[kind ?? -1]),
      type: 'claim',
      at: Number(fields['at']) + (after ?? Number.NaN),
      job,
      claim: { generation: fields['generation'], id: claimId(job, epoch ?? Number.NaN), epoch },
      pilot: pilots[place ?? -1],
    };
    yield { job, transition: isClaim(claim) ? claim : undefined };
  }
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

function isClaim(fields: Fields): fields is Fields & ClaimTransition {
  try {
    checkTransition(fields);
    return fields.type === 'claim';
  } catch {
    return false;
  }
}

const listIn = (fields: Fields, name: string): readonly unknown[] => {
  const list = fields[name];
  return Array.isArray(list) ? list : [];
};
