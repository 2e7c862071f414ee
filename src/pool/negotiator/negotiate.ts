import { fitOf } from '#match/fit.ts';
import type { Resources } from '#match/resources.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Job } from '../queue/job.ts';
import type { Autocluster } from './autoclusters.ts';

/** Gives a job to a pilot; afterwards the job no longer waits and the pilot has less to offer. */
export type Grant = (job: Job, pilot: Pilot, takes: Resources) => void;

/**
 * One pass over what waits: autoclusters by priority, then by age; for each the pilots that fit, best first, until
 * nothing fits or nothing waits. An autocluster that fits nowhere does not stop those after it.
 */
export function negotiate(autoclusters: Iterable<Autocluster>, pilots: readonly Pilot[], grant: Grant): void {
  for (const autocluster of inOrder(autoclusters)) {
    for (;;) {
      const [job] = autocluster.waiting;
      if (job === undefined) break;
      const best = bestPilot(autocluster, pilots);
      if (best === undefined) break;
      grant(job, best.pilot, best.takes);
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

/** The job's Rank decides, then the fullest pilot that still fits: whole pilots stay free for wide jobs or leave. */
function bestPilot(autocluster: Autocluster, pilots: readonly Pilot[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const pilot of pilots) {
    const verdict = fitOf(autocluster.ad, pilot.freeSlot);
    if (!verdict.fits) continue;
    const candidate = { pilot, takes: verdict.takes, rank: verdict.rank };
    if (best === undefined || isBetter(candidate, best)) best = candidate;
  }
  return best;
}

const isBetter = (a: Candidate, b: Candidate): boolean =>
  a.rank === b.rank ? a.pilot.freeCpus < b.pilot.freeCpus : a.rank > b.rank;
