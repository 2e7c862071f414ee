import { formatDuration } from '#base/duration.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { Outcome } from '#wire/outcome.ts';
import { attemptsSinceRelease } from '../jobs/attempts.ts';
import type { Job } from '../jobs/job.ts';
import type { Next } from '../jobs/transition.ts';

type Stopped = Extract<Outcome, { kind: 'stopped' }>;
type Outlived = Stopped & { readonly endOfLife: NonNullable<Stopped['endOfLife']> };

/** A job is held after this many pilots in a row reached the end of their lives under it: the next one would too. */
export const mostOutlivedPilots = 3;

/** The next state of a job whose pilot stopped its payload: it runs again, unless it takes longer than pilots live. */
export function afterStop(job: Job, outcome: Stopped): Next {
  if (!isOutlived(outcome)) return { state: 'Idle', reason: outcome.reason };
  const earlier = outlivedBefore(job);
  const pilots = new Set(earlier.map(({ pilotUid }) => pilotUid));
  pilots.add(job.attempts.find(({ epoch }) => epoch === job.epoch)?.pilotUid ?? '');
  const ran = Math.max(outcome.endOfLife.ranSeconds, ...earlier.map((one) => one.endOfLife.ranSeconds));
  const times = `the job ran for up to ${duration(ran)}, and pilots live for ${duration(outcome.endOfLife.lifeSeconds)}`;
  if (pilots.size >= mostOutlivedPilots) {
    const reason = `${pilots.size} pilots in a row reached the end of their lives while the job ran: ${times}. Split it into shorter jobs, or ask for pilots that live longer`;
    return { state: 'Held', code: holdCodes.executeExceeded, reason };
  }
  return {
    state: 'Idle',
    reason: `${outcome.reason}: ${times}; a job is held once ${mostOutlivedPilots} pilots in a row have had too little time for it`,
  };
}

/** The unbroken run of tries before this one, newest first, that ended because their pilot's life ended. */
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
