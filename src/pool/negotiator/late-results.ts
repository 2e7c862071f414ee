import type { Clock } from '#base/clock.ts';
import type { Finished } from '#wire/pilot-messages.ts';
import type { Pilot } from '../collector/pilot.ts';
import { keyOf } from '../jobs/job-key.ts';
import type { JobKey } from '../jobs/transition.ts';
import { findJob } from '../queue/history.ts';
import type { Ledger } from '../queue/ledger.ts';
import type { Queue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';

interface LateOptions {
  readonly generation: string;
  readonly queue: Queue;
  readonly ledger: Ledger;
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Records a result that came after its claim was over with its attempt, and changes nothing else. Only the pilot of the
 * attempt may do so, and only once. Resolves when that is durable.
 */
export async function recordLate(
  options: LateOptions,
  pilot: Pilot,
  { claim, outcome }: Pick<Finished, 'claim' | 'outcome'>,
): Promise<void> {
  const key = jobOfClaim(claim.id);
  if (key === undefined || claim.generation !== options.generation) return;
  const found = await findJob(options, key.cluster, key.proc);
  // The job may have come into memory while the history was being read.
  const job = options.queue.find(key) ?? found;
  const attempt = job?.attempts.find(({ epoch }) => epoch === claim.epoch);
  if (job === undefined || attempt === undefined) return;
  if (attempt.pilotUid !== pilot.facts.uid || attempt.outcome !== undefined) return;
  if (options.queue.find(key) === undefined) options.ledger.recall(job);
  const { epoch } = claim;
  await options.ledger.record({ type: 'late', at: options.clock.wall(), job: keyOf(job), epoch, outcome });
}

/** Claim ids are `CLUSTER.PROC.EPOCH`. */
function jobOfClaim(id: string): JobKey | undefined {
  const match = /^(\d+)\.(\d+)\.\d+$/.exec(id);
  return match === null ? undefined : { cluster: Number(match[1]), proc: Number(match[2]) };
}
