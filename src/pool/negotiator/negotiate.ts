import { GlideinError } from '#base/error.ts';
import { Budget } from '#classad/budget.ts';
import type { Environment } from '#classad/environment.ts';
import { fitOf } from '#match/fit.ts';
import type { Resources } from '#match/resources.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Job } from '../queue/job.ts';
import { type Autocluster, ownerOf } from './autoclusters.ts';
import type { SlotNews } from './slot-news.ts';

export interface Negotiation {
  readonly autoclusters: Iterable<Autocluster>;
  readonly pilots: readonly Pilot[];
  readonly environment: Environment;
  /** What earlier passes have seen of the slots, and this one will. */
  readonly news: SlotNews;
  /** Gives a job to a pilot; afterwards the job no longer waits and the pilot has less to offer. */
  readonly grant: (job: Job, pilot: Pilot, takes: Resources) => void;
  /** An autocluster that cannot be matched because of a defect of its job; the others go on. */
  readonly onDefect: (autocluster: Autocluster, error: unknown) => void;
}

/**
 * Work that an autocluster's expressions may take in a pass, in attributes read: once, and for each slot. What people write
 * reads a few dozen.
 */
const mostSteps = 20_000;
const mostStepsASlot = 200;

/** What a look at a slot takes besides, in the same measure. */
const stepsALook = 5;

/**
 * Work of one pass, for one user and in all, in the same measure: below 50 and 150 ms. A pass ends with the autocluster
 * that uses it up, for the doors of the pool are shut meanwhile.
 */
const mostStepsOfAnOwner = 400_000;
const mostStepsOfAPass = 1_200_000;

/**
 * Autoclusters of one user that are looked at in a pass: a user with a hundred thousand different jobs must not keep those
 * of others waiting until all of them were looked at.
 */
const mostOfAnOwner = 200;

/**
 * One pass over what waits: autoclusters by priority, then by age; for each the pilots that fit, best first, until
 * nothing fits or nothing waits. An autocluster that fits nowhere does not stop those after it.
 * @returns whether some were left for the next pass, which is to follow when others have had their turn
 */
export function negotiate(negotiation: Negotiation): boolean {
  const { autoclusters, pilots, news, onDefect } = negotiation;
  // A job takes a core at least; most pilots of a busy pool have none left.
  news.look(pilots.filter(({ free }) => free.cpus >= 1));
  const waiting = inOrder(autoclusters, news.newestThere);
  const work = new Work();
  let served = 0;
  for (const autocluster of firstOfEachOwner(waiting)) {
    const meter = work.begin(ownerOf(autocluster));
    if (meter === undefined) continue;
    served += 1;
    try {
      serve(autocluster, { ...negotiation, meter });
    } catch (error) {
      onDefect(autocluster, error);
    }
  }
  return served < waiting.length;
}

/** Those that were not looked at for longest, so that each has its turn; in the order in which they are served. */
function firstOfEachOwner(waiting: readonly Autocluster[]): readonly Autocluster[] {
  if (waiting.length <= mostOfAnOwner) return waiting;
  const counts = new Map<string, number>();
  const first = new Set<Autocluster>();
  for (const autocluster of waiting.toSorted((a, b) => a.lookedThrough - b.lookedThrough)) {
    const owner = ownerOf(autocluster);
    const count = (counts.get(owner) ?? 0) + 1;
    counts.set(owner, count);
    if (count <= mostOfAnOwner) first.add(autocluster);
  }
  return waiting.filter((autocluster) => first.has(autocluster));
}

/** Jobs of higher priority first, then the autocluster whose oldest job came first; those for whom nothing is new rest. */
function inOrder(autoclusters: Iterable<Autocluster>, newest: number): Autocluster[] {
  const age = (autocluster: Autocluster): number => {
    const [oldest] = autocluster.waiting;
    return oldest?.cluster.id ?? 0;
  };
  const waiting: Autocluster[] = [];
  for (const autocluster of autoclusters)
    if (autocluster.waiting.size > 0 && autocluster.lookedThrough < newest) waiting.push(autocluster);
  return waiting.sort((a, b) => b.priority - a.priority || age(a) - age(b));
}

/** What one pass has done so far. */
class Work {
  #all = 0;
  readonly #byOwner = new Map<string, number>();

  /** @returns what counts the steps for an autocluster of `owner`; undefined when it has to wait for the next pass */
  begin(owner: string): ((steps: number) => void) | undefined {
    const before = this.#byOwner.get(owner) ?? 0;
    if (this.#all >= mostStepsOfAPass || before >= mostStepsOfAnOwner) return undefined;
    return (steps) => {
      this.#all += steps;
      this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? 0) + steps);
    };
  }
}

interface Serving extends Negotiation {
  /** Takes note of work that was done. */
  readonly meter: (steps: number) => void;
}

interface Candidate {
  readonly pilot: Pilot;
  readonly takes: Resources;
  readonly rank: number;
}

/** Each pilot is looked at once, and again after it was given a job: only its own free resources change. */
function serve(autocluster: Autocluster, negotiation: Serving): void {
  const { news, grant } = negotiation;
  const look = lookerFor(autocluster, negotiation);
  const candidates = new Map<Pilot, Candidate>();
  const update = (pilot: Pilot): void => {
    const candidate = look(pilot);
    if (candidate === undefined) candidates.delete(pilot);
    else candidates.set(pilot, candidate);
  };
  for (const pilot of news.since(autocluster.lookedThrough)) update(pilot);
  for (const job of autocluster.waiting) {
    const best = bestOf(candidates.values());
    if (best === undefined) {
      autocluster.lookedThrough = news.newest;
      return;
    }
    grant(job, best.pilot, best.takes);
    news.changed(best.pilot);
    update(best.pilot);
  }
}

/**
 * @returns what finds out whether a pilot is a candidate
 * @throws GlideinError TooLarge when the job's expressions take longer than they may. What the slots' own expressions take
 * is theirs: beyond their limit a slot does not fit.
 */
function lookerFor(
  { ad }: Autocluster,
  { pilots, environment, meter }: Serving,
): (pilot: Pilot) => Candidate | undefined {
  const steps = mostSteps + mostStepsASlot * pilots.length;
  const own = { ...environment, budget: new Budget(steps) };
  const slots = { ...environment, budget: new Budget(steps) };
  return (pilot) => {
    if (pilot.free.cpus < 1) return undefined;
    const before = own.budget.left + slots.budget.left;
    const verdict = fitOf(ad, pilot.freeSlot, own, slots);
    meter(stepsALook + before - own.budget.left - slots.budget.left);
    if (own.budget.isOverdrawn) throw takesTooLong();
    return verdict.fits ? { pilot, takes: verdict.takes, rank: verdict.rank } : undefined;
  };
}

const takesTooLong = (): GlideinError =>
  new GlideinError('TooLarge', 'its requirements, its rank or its requests take too long to evaluate', {
    cure: 'let them read fewer attributes',
  });

/** The job's Rank decides, then the fullest pilot that still fits: whole pilots stay free for wide jobs or leave. */
function bestOf(candidates: Iterable<Candidate>): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (best === undefined || isBetter(candidate, best)) best = candidate;
  }
  return best;
}

const isBetter = (a: Candidate, b: Candidate): boolean =>
  a.rank === b.rank ? a.pilot.free.cpus < b.pilot.free.cpus : a.rank > b.rank;
