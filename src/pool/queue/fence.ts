import { restoredClaimId } from '../jobs/claim-id.ts';
import type { Job } from '../jobs/job.ts';
import { jobBytes } from '../jobs/job-bytes.ts';
import { keyOf } from '../jobs/job-key.ts';
import { isFinal } from '../jobs/job-state.ts';
import type { Transition } from '../jobs/transition.ts';
import { updateAttempt } from './attempt-records.ts';
import type { Changed } from './changed.ts';
import type { Queue } from './queue.ts';

/** Stands for all pilots that a restored pool does not know. It never connects, so its lease expires. */
export const unknownPilots = 'pilots of the life before the restore';

/**
 * Gives every job that has not ended a claim of {@link unknownPilots} that is ending. A row that already includes this record
 * has had that claim.
 */
export function fence(queue: Queue, { at, seq }: Extract<Transition, { type: 'restored' }>): Changed {
  const isOlder = (job: Job) => !isFinal(job.state) && job.seq < seq;
  const jobs = [...queue.ownJobs()].filter(isOlder);
  const fresh = [...queue.allFresh()].filter(({ shared }) => isOlder(shared));
  const takes = { cpus: 0, memory: 0, disk: 0, gpus: 0 };
  for (const job of [...jobs, ...fresh.map(({ shared }) => shared)]) {
    const before = jobBytes(job);
    if (job.state === 'Running') {
      updateAttempt(job, job.epoch, { endedAt: at, reason: 'the pool was restored from a backup' });
      queue.move(job, 'Idle', at);
    }
    const ref = { generation: '', id: restoredClaimId(keyOf(job)), epoch: 0 };
    queue.setClaim(job, { ref, pilotUid: unknownPilots, takes, limits: job.claim?.limits });
    queue.grew(job.cluster.owner, jobBytes(job) - before);
  }
  return { jobs, fresh };
}
