import { formatDuration } from '#base/duration.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { Outcome } from '#wire/outcome.ts';
import { attemptsSinceRelease, type Job } from '../jobs/job.ts';
import type { Next } from '../jobs/transition.ts';

type Stopped = Extract<Outcome, { kind: 'stopped' }>;
type Outlived = Stopped & { readonly endOfLife: NonNullable<Stopped['endOfLife']> };

/** A job that this many pilots in a row had no time for is held: the next one would have none either. */
export const mostOutlivedPilots = 3;

/** Where a payload that its pilot stopped leaves its job: it runs again, unless it lives longer than pilots do. */
export function afterStop(job: Job, outcome: Stopped): Next {
  if (!isOutlived(outcome)) return { state: 'Idle', reason: outcome.reason };
  const earlier = outlivedBefore(job);
  const pilots = new Set(earlier.map(({ pilotUid }) => pilotUid));
  pilots.add(job.attempts.find(({ epoch }) => epoch === job.epoch)?.pilotUid ?? '');
  const ran = Math.max(outcome.endOfLife.ranSeconds, ...earlier.map((one) => one.endOfLife.ranSeconds));
  const times = `the job ran for up to ${duration(ran)}, and pilots live for ${duration(outcome.endOfLife.lifeSeconds)}`;
  if (pilots.size >= mostOutlivedPilots) {
    const reason = `${pilots.size} pilots in a row came to the end of their lives while the job ran: ${times}. Split it into shorter jobs, or ask for pilots that live longer`;
    return { state: 'Held', code: holdCodes.executeExceeded, reason };
  }
  return {
    state: 'Idle',
    reason: `${outcome.reason}: ${times}; a job that ${mostOutlivedPilots} pilots in a row have no time for is held`,
  };
}

/** The tries before this one, newest first, for as long as each ended with the end of its pilot's life. */
function outlivedBefore(job: Job) {
  const found: { readonly pilotUid: string; readonly endOfLife: Outlived['endOfLife'] }[] = [];
  for (const { epoch, pilotUid, outcome } of attemptsSinceRelease(job).toReversed()) {
    if (epoch === job.epoch) continue;
    if (outcome === undefined || !isOutlived(outcome)) break;
    found.push({ pilotUid, endOfLife: outcome.endOfLife });
  }
  return found;
}

const isOutlived = (outcome: Outcome): outcome is Outlived =>
  outcome.kind === 'stopped' && outcome.endOfLife !== undefined;

const duration = (seconds: number): string => formatDuration(seconds * 1000);
