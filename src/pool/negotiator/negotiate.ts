import { GlideinError } from '#base/error.ts';
import { Budget } from '#classad/budget.ts';
import type { Environment } from '#classad/environment.ts';
import { fitOf } from '#match/fit.ts';
import type { Resources } from '#match/resources.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Job } from '../jobs/job.ts';
import type { Autocluster } from './autocluster.ts';
import type { ConcurrencyLimits } from './concurrency-limits.ts';
import type { SlotNews } from './slot-news.ts';
import type { Submitters } from './submitters.ts';

export interface Negotiation {
  readonly submitters: Submitters;
  readonly pilots: readonly Pilot[];
  readonly environment: Environment;
  /** Which slots are new or changed; kept from one pass to the next. */
  readonly news: SlotNews;
  readonly limits: Pick<ConcurrencyLimits, 'lacking' | 'hasRoom'>;
  /** Whether the pool has memory for one more job of this owner that is more than a fresh proc. */
  readonly hasMemory: (owner: string) => boolean;
  /** Gives a job to a pilot; afterwards the job no longer waits, and less is free of the pilot and of the limits. */
  readonly grant: (job: Job, pilot: Pilot, takes: Resources, limits: readonly Limit[]) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Called for an autocluster that cannot be matched because of a defect in its job; the others go on. */
  readonly onDefect: (autocluster: Autocluster, error: unknown) => void;
}

/**
 * The most attributes that an autocluster's expressions may read in a pass: a fixed number, plus a number per slot. What people
 * write reads a few dozen.
 */
const mostSteps = 20_000;
const mostStepsASlot = 200;

/** After this many milliseconds, a pass serves one more autocluster of each user who has had none yet, and ends. */
const slice = 25;

/**
 * One pass over the waiting jobs: autoclusters by priority, then by age; each gets the pilots that fit, best first, until no
 * pilot fits, a concurrency limit is reached, or no job waits. An autocluster that gets nothing does not stop the next ones,
 * and neither does a user whose jobs take long to match: see {@link Submitters}.
 * @returns whether work is left for another pass, and whether that may follow at once or only when its owners have time again
 */
export function negotiate(negotiation: Negotiation): ReturnType<Submitters['left']> {
  const { submitters, pilots, news, limits, onDefect, now } = negotiation;
  // Every job takes at least one core, and most pilots of a busy pool have none left.
  news.look(pilots.filter(({ free }) => free.cpus >= 1));
  submitters.letIn((limit) => limits.hasRoom(limit));
  const until = now() + slice;
  let began = now();
  const served = new Set<string>();
  for (const autocluster of submitters.next(news)) {
    const { owner } = autocluster;
    if (!submitters.mayLook(owner) || (began > until && served.has(owner))) continue;
    served.add(owner);
    let atAll = false;
    try {
      atAll = serve(autocluster, negotiation, until);
    } catch (error) {
      onDefect(autocluster, error);
    }
    const ended = now();
    submitters.looked(autocluster, ended - began, atAll);
    began = ended;
  }
  return submitters.left(news);
}

interface Candidate {
  readonly pilot: Pilot;
  readonly takes: Resources;
  readonly rank: number;
  /** How much of the concurrency limits the job would take there. */
  readonly limits: readonly Limit[];
}

/**
 * Tries each pilot once, and again after it got a job, since only its own free resources change.
 * @returns whether everything was tried before `until`
 */
function serve(autocluster: Autocluster, negotiation: Negotiation, until: number): boolean {
  const { news, limits, grant, now, submitters, hasMemory } = negotiation;
  const short = autocluster.limits.everywhere && limits.lacking(autocluster.limits.everywhere);
  if (short !== undefined) {
    autocluster.lookedThrough = news.newest;
    submitters.holdBack(autocluster, [short]);
    return true;
  }
  const look = lookerFor(autocluster, negotiation);
  const candidates = new Map<Pilot, Candidate>();
  const reached = new Set<Limit>();
  const update = (pilot: Pilot): void => {
    const candidate = look(pilot);
    if (candidate === undefined) candidates.delete(pilot);
    else candidates.set(pilot, candidate);
  };
  for (const pilot of news.since(autocluster.lookedThrough)) update(pilot);
  for (const job of autocluster.waiting) {
    // Until others have ended; then their slots are news.
    const isPossible = autocluster.waiting.isOwn(job) || hasMemory(job.cluster.owner);
    const best = isPossible ? bestOf(candidates.values(), limits, reached) : undefined;
    if (best === undefined) {
      autocluster.lookedThrough = news.newest;
      submitters.holdBack(autocluster, reached);
      return true;
    }
    grant(job, best.pilot, best.takes, best.limits);
    news.changed(best.pilot);
    update(best.pilot);
    if (now() > until) break;
  }
  return false;
}

/**
 * @returns a function that tries a pilot
 * @throws GlideinError TooLarge if the job's expressions exceed their budget. The slots' own expressions have another budget:
 * a slot that exceeds it does not fit.
 */
function lookerFor(
  { ad, limits }: Autocluster,
  { pilots, environment }: Negotiation,
): (pilot: Pilot) => Candidate | undefined {
  const steps = mostSteps + mostStepsASlot * pilots.length;
  const own = { ...environment, budget: new Budget(steps) };
  const slots = { ...environment, budget: new Budget(steps) };
  return (pilot) => {
    if (pilot.free.cpus < 1) return undefined;
    const verdict = fitOf(ad, pilot.freeSlot, own, slots);
    if (own.budget.isOverdrawn) throw takesTooLong();
    if (!verdict.fits) return undefined;
    const { takes, rank } = verdict;
    return { pilot, takes, rank, limits: limits.everywhere ?? limits.on(pilot.freeSlot, own) };
  };
}

const takesTooLong = (): GlideinError =>
  new GlideinError('TooLarge', 'its requirements, its rank or its requests take too long to evaluate', {
    cure: 'let them read fewer attributes',
  });

/**
 * The best candidate by the job's Rank, then the fullest pilot that still fits, so that empty pilots stay free for wide jobs
 * or can leave.
 * @param reached receives the limits that keep the job from candidates
 */
function bestOf(
  candidates: Iterable<Candidate>,
  limits: Negotiation['limits'],
  reached: Set<Limit>,
): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    const short = limits.lacking(candidate.limits);
    if (short !== undefined) reached.add(short);
    else if (best === undefined || isBetter(candidate, best)) best = candidate;
  }
  return best;
}

const isBetter = (a: Candidate, b: Candidate): boolean =>
  a.rank === b.rank ? a.pilot.free.cpus < b.pilot.free.cpus : a.rank > b.rank;
