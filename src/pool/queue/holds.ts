import type { Hold, Job, PastHolds } from '../jobs/job.ts';
import type { Queue } from './queue.ts';

/** Holds a job, and counts that. */
export function hold(queue: Queue, job: Job, at: number, { code, reason, subcode }: Hold): void {
  job.hold = subcode === undefined ? { code, reason } : { code, reason, subcode };
  job.holds = afterHold(job.holds, code);
  queue.move(job, 'Held', at);
}

/** The job's last release becomes its release before this hold. */
export function afterHold(holds: PastHolds | undefined, code: number): PastHolds {
  return {
    byCode: { ...holds?.byCode, [code]: (holds?.byCode[code] ?? 0) + 1 },
    last: holds?.last,
    releasedBefore: holds?.released ?? holds?.releasedBefore,
  };
}

/** @param released the reason for the release; undefined if the hold ends because the job is removed */
export function endHold(job: Job, released: string | undefined): void {
  const { hold: last } = job;
  job.hold = undefined;
  if (last === undefined && job.holds === undefined) return;
  // Older versions held jobs without counting.
  const counted = job.holds ?? afterHold(undefined, last?.code ?? 0);
  job.holds = { ...counted, last: last ?? counted.last, ...(released === undefined ? {} : { released }) };
}
