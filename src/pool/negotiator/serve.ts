import type { Environment } from '#classad/environment.ts';
import type { Resources } from '#match/resources.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import { allows, type Turn } from '../accounting/turn.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Job } from '../jobs/job.ts';
import type { Autocluster } from './autocluster.ts';
import type { ConcurrencyLimits } from './concurrency-limits.ts';
import type { FreeSlots } from './free-slots.ts';
import type { KeptLooks } from './kept-looks.ts';
import { Look, type LookOptions } from './look.ts';
import { Match } from './match.ts';

export interface Serving {
  readonly slots: FreeSlots;
  readonly looks: KeptLooks;
  readonly environment: Environment;
  readonly limits: Pick<ConcurrencyLimits, 'lacking'>;
  /** Keeps an autocluster aside until one of these limits has room for more of its jobs. */
  readonly holdBack: (autocluster: Autocluster, limits: Iterable<Limit>) => void;
  /** Keeps an autocluster aside until the pool has memory for one more job of its owner. */
  readonly holdBackForMemory: (autocluster: Autocluster) => void;
  /** Whether the pool has memory for one more job of this owner that is more than a fresh proc. */
  readonly hasMemory: (owner: string) => boolean;
  /**
   * Gives a job to a pilot; afterwards the job no longer waits, less is free of the pilot and of the limits, and the submitter's
   * use is charged.
   */
  readonly grant: (job: Job, pilot: Pilot, takes: Resources, limits: readonly Limit[]) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** What a turn still allows. */
export class Allowance {
  readonly #turn: Turn;
  #used = 0;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  get used(): number {
    return this.#used;
  }

  allows(cores: number): boolean {
    return allows(this.#turn, this.#used, cores);
  }

  take(cores: number): void {
    this.#used += cores;
  }
}

/** How far an autocluster was served. */
export type Served =
  /** It has tried all slots. */
  | 'all'
  /** It waits for a limit of the pool, and need not try any slot before. */
  | 'held'
  /** Its submitter may not have more in this turn. */
  | 'turn'
  /** There was no time for more. */
  | 'part';

/** Gives the best slots to the jobs of an autocluster, within what the turn allows, until the time `until`. */
export function serve(
  autocluster: Autocluster,
  allowance: Allowance,
  serving: Serving,
  until: number,
): Served {
  const { limits, slots, holdBack } = serving;
  const short = autocluster.limits.everywhere && limits.lacking(autocluster.limits.everywhere);
  if (short !== undefined) {
    holdBack(autocluster, [short]);
    return 'held';
  }
  if (!allowance.allows(autocluster.cores)) return 'turn';
  if (isVain(autocluster, serving)) return 'all';
  const { look, match, isAll } = lookFor(autocluster, serving, until);
  const { edition } = slots;
  const served = grantAll(autocluster, look, allowance, { ...serving, until });
  if (served === 'all') {
    // If slots are told apart in another way since, the match knows nothing of that.
    if (slots.edition === edition) judgeFull(autocluster, match, slots);
    autocluster.lookedThrough = look.through;
    autocluster.byBuckets = look.byBuckets;
    holdBack(autocluster, look.reached);
    return isAll ? 'all' : 'part';
  }
  serving.looks.keep(autocluster, look, slots);
  return served;
}

/**
 * Whether nothing that has changed can make a difference: others may have got what was free. Then the autocluster has seen it.
 */
export function isVain(
  autocluster: Autocluster,
  { slots, looks }: Pick<Serving, 'slots' | 'looks'>,
): boolean {
  const { verdicts, lookedThrough, byBuckets } = autocluster;
  if (byBuckets || looks.has(autocluster)) return false;
  verdicts.begin(slots.generation);
  for (const bucket of slots.bucketsSince(lookedThrough)) {
    if (verdicts.isNone(bucket.number)) continue;
    if (verdicts.isWanted(bucket.number) || bucket.mayFit(autocluster, lookedThrough)) return false;
  }
  autocluster.lookedThrough = slots.newest;
  return true;
}

/** How many full buckets an autocluster judges before it first sleeps: those in which something was free last. */
const mostFull = 32;

/** What is known to be nothing for an autocluster does not wake it once it is free. */
function judgeFull({ lookedThrough, verdicts }: Autocluster, match: Match, slots: FreeSlots): void {
  const isFirst = lookedThrough === 0;
  for (const bucket of isFirst ? slots.latestBuckets(mostFull) : slots.bucketsSince(lookedThrough))
    if (bucket.isFull && (isFirst || verdicts.isWanted(bucket.number))) match.judge(bucket);
}

/** @returns 'all' if no slot is left that fits */
function grantAll(
  autocluster: Autocluster,
  look: Look,
  allowance: Allowance,
  { slots, hasMemory, holdBackForMemory, grant, now, until }: Serving & { readonly until: number },
): Served {
  const { waiting } = autocluster;
  // Before a job is made of a fresh proc: most looks find nothing.
  if (look.best() === undefined) return 'all';
  for (const job of waiting) {
    const best = look.best();
    if (best === undefined) return 'all';
    if (!waiting.isOwn(job) && !hasMemory(job.cluster.owner)) {
      holdBackForMemory(autocluster);
      return 'all';
    }
    const { candidate, pilot } = best;
    if (!slots.isCurrent(pilot, now())) {
      // It has changed since this pass heard of the last changes.
      slots.update(pilot, now());
      look.granted(candidate, pilot);
      continue;
    }
    if (!allowance.allows(candidate.takes.cpus)) return 'turn';
    const { free } = pilot;
    grant(job, pilot, candidate.takes, candidate.limits);
    if (pilot.free !== free) {
      allowance.take(candidate.takes.cpus);
      autocluster.waitsSince = now();
      // Nothing else changes meanwhile, so the look has seen all that was news.
      const isAll = look.through === slots.newest;
      slots.update(pilot, now());
      look.granted(candidate, pilot);
      if (isAll) look.through = slots.newest;
    }
    if (now() > until) return 'part';
  }
  return 'part';
}

interface Looked {
  readonly look: Look;
  readonly match: Match;
  /** Whether there was time for all that has changed. */
  readonly isAll: boolean;
}

/**
 * Looks at what has changed since the last time, in the order in which it did: so a look that takes too long goes on from
 * there, after the slots that it has found.
 */
function lookFor(autocluster: Autocluster, serving: Serving, until: number): Looked {
  const { slots, environment, looks, now } = serving;
  const isEach = slots.learn(autocluster.reads);
  // Buckets may have been numbered anew.
  autocluster.verdicts.begin(slots.generation);
  const before = looks.take(autocluster, slots);
  const kept = before?.mayFindMore === true ? undefined : before;
  const { id, job, limits, verdicts } = autocluster;
  const match = new Match({ id, job, limits, verdicts }, slots, environment);
  const look = kept ?? newLook(autocluster, match, serving);
  kept?.goOn(match, now());
  const isAll = lookAt(
    look,
    slots,
    isEach,
    glances(look, () => now() > until),
  );
  if (isAll) look.through = slots.newest;
  return { look, match, isAll };
}

/** After so many slots or buckets, or so many attributes that expressions have read, a look looks at the clock. */
const together = 64;
const mostSteps = 32;

/** Whether the time is over, if it is time to look at the clock. */
function glances(look: Look, isOver: () => boolean): () => boolean {
  let count = 0;
  let { steps } = look;
  return () => {
    count += 1;
    if (count < together && look.steps - steps < mostSteps) return false;
    count = 0;
    steps = look.steps;
    return isOver();
  };
}

/**
 * Looks at buckets; or at slots if they differ in what the jobs read, or if a bucket takes long. A look that has not come to the
 * end of the buckets must go on with buckets. @returns whether there was time for all
 */
function lookAt(look: Look, slots: FreeSlots, isEach: boolean, isOver: () => boolean): boolean {
  if (look.byBuckets) return lookAtBuckets(look, slots, isOver);
  const isLong = () => slots.bucketsSince(look.through).some((bucket) => look.isLong(bucket));
  return isEach || isLong() ? lookAtSlots(look, slots, isOver) : lookAtBuckets(look, slots, isOver);
}

function lookAtBuckets(look: Look, slots: FreeSlots, isOver: () => boolean): boolean {
  const news = slots.bucketsSince(look.through);
  look.byBuckets = false;
  for (const [index, bucket] of news.entries()) {
    if (bucket.isFull) continue;
    look.addBucket(bucket);
    look.through = bucket.newest;
    if (index === news.length - 1 || !isOver()) continue;
    look.byBuckets = true;
    return false;
  }
  return true;
}

function lookAtSlots(look: Look, slots: FreeSlots, isOver: () => boolean): boolean {
  const news = slots.slotsSince(look.through);
  for (const [index, slot] of news.entries()) {
    look.addSlot(slot);
    look.through = slot.newest;
    if (index < news.length - 1 && isOver()) return false;
  }
  return true;
}

function newLook(autocluster: Autocluster, match: Match, serving: Serving): Look {
  const { id, longest } = autocluster;
  const { slots, limits, now } = serving;
  const hasRoom: LookOptions['hasRoom'] = (those) => limits.lacking(those);
  return new Look({ id, longest, slots, hasRoom }, match, now(), autocluster);
}
