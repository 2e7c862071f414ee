import type { Environment } from '#classad/environment.ts';
import { fitOf } from '#match/fit.ts';
import type { Resources } from '#match/resources.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Job } from '../queue/job.ts';
import type { Autocluster } from './autoclusters.ts';
import type { Refusals } from './refusals.ts';

export interface Negotiation {
  readonly autoclusters: Iterable<Autocluster>;
  readonly pilots: readonly Pilot[];
  readonly environment: Environment;
  /** What earlier passes found out, and this one will. */
  readonly refusals: Refusals;
  /** Gives a job to a pilot; afterwards the job no longer waits and the pilot has less to offer. */
  readonly grant: (job: Job, pilot: Pilot, takes: Resources) => void;
  /** An autocluster that cannot be matched because of a defect; the others go on. */
  readonly onDefect: (autocluster: Autocluster, error: unknown) => void;
}

/**
 * One pass over what waits: autoclusters by priority, then by age; for each the pilots that fit, best first, until
 * nothing fits or nothing waits. An autocluster that fits nowhere does not stop those after it.
 */
export function negotiate(negotiation: Negotiation): void {
  for (const autocluster of inOrder(negotiation.autoclusters)) {
    try {
      serve(autocluster, negotiation);
    } catch (error) {
      negotiation.onDefect(autocluster, error);
    }
  }
}

/** Jobs of higher priority first, then the autocluster whose oldest job came first. */
function inOrder(autoclusters: Iterable<Autocluster>): Autocluster[] {
  const age = (autocluster: Autocluster): number => {
    const [oldest] = autocluster.waiting;
    return oldest?.cluster.id ?? 0;
  };
  return [...autoclusters]
    .filter((autocluster) => autocluster.waiting.size > 0)
    .sort((a, b) => b.priority - a.priority || age(a) - age(b));
}

interface Candidate {
  readonly pilot: Pilot;
  readonly takes: Resources;
  readonly rank: number;
}

/** Each pilot is looked at once, and again after it was given a job: only its own free resources change. */
function serve(autocluster: Autocluster, { pilots, environment, refusals, grant }: Negotiation): void {
  const look = (pilot: Pilot): Candidate | undefined => {
    // A job takes a core at least; most pilots of a busy pool have none left.
    if (pilot.free.cpus < 1) return undefined;
    const slot = pilot.freeSlot;
    if (refusals.has(slot, autocluster.id)) return undefined;
    const verdict = fitOf(autocluster.ad, slot, environment);
    if (verdict.fits) return { pilot, takes: verdict.takes, rank: verdict.rank };
    refusals.add(slot, autocluster.id);
    return undefined;
  };
  const candidates = new Map<Pilot, Candidate>();
  const update = (pilot: Pilot): void => {
    const candidate = look(pilot);
    if (candidate === undefined) candidates.delete(pilot);
    else candidates.set(pilot, candidate);
  };
  for (const pilot of pilots) update(pilot);
  for (const job of autocluster.waiting) {
    const best = bestOf(candidates.values());
    if (best === undefined) return;
    grant(job, best.pilot, best.takes);
    update(best.pilot);
  }
}

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
