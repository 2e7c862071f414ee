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
  /** What earlier passes have seen of the slots, and this one will. */
  readonly news: SlotNews;
  readonly limits: Pick<ConcurrencyLimits, 'lacking' | 'hasRoom'>;
  /** Gives a job to a pilot; afterwards the job no longer waits, and the pilot and the limits have less to offer. */
  readonly grant: (job: Job, pilot: Pilot, takes: Resources, limits: readonly Limit[]) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** An autocluster that cannot be matched because of a defect of its job; the others go on. */
  readonly onDefect: (autocluster: Autocluster, error: unknown) => void;
}

/**
 * Work that an autocluster's expressions may take in a pass, in attributes read: once, and for each slot. What people write
 * reads a few dozen.
 */
const mostSteps = 20_000;
const mostStepsASlot = 200;

/** Milliseconds of matching after which a pass looks at one more autocluster of each user who has had none, and ends. */
const slice = 25;

/**
 * One pass over what waits: autoclusters by priority, then by age; for each the pilots that fit, best first, until
 * nothing fits, a limit of the pool is reached, or nothing waits. An autocluster that gets nothing does not stop those after
 * it, and neither does a user whose jobs take long: see {@link Submitters}.
 * @returns whether some were left for the next pass: one that is to follow when others have had their turn, or one that is
 * to follow when their owners have time again
 */
export function negotiate(negotiation: Negotiation): ReturnType<Submitters['left']> {
  const { submitters, pilots, news, limits, onDefect, now } = negotiation;
  // A job takes a core at least; most pilots of a busy pool have none left.
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
  /** What the job would take of the limits of the pool there. */
  readonly limits: readonly Limit[];
}

/**
 * Each pilot is looked at once, and again after it was given a job: only its own free resources change.
 * @returns whether all that was there was looked at and given out by `until`
 */
function serve(autocluster: Autocluster, negotiation: Negotiation, until: number): boolean {
  const { news, limits, grant, now, submitters } = negotiation;
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
    const best = bestOf(candidates.values(), limits, reached);
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
 * @returns what finds out whether a pilot is a candidate
 * @throws GlideinError TooLarge when the job's expressions take longer than they may. What the slots' own expressions take
 * is theirs: beyond their limit a slot does not fit.
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
 * The job's Rank decides, then the fullest pilot that still fits: whole pilots stay free for wide jobs or leave.
 * @param reached gets the limits that keep the job from candidates
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
