import type { Clock } from '#base/clock.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { attributesRead } from '#classad/attributes-read.ts';
import { transferLimit } from '#wire/transfer-limit.ts';
import type { Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { keyOf } from '../jobs/job-key.ts';
import type { Ledger } from './ledger.ts';
import type { Queue } from './queue.ts';

interface HoldTooLargeOptions {
  readonly queue: Queue;
  readonly ads: JobAds;
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'record'>;
  readonly inBackground: (work: Promise<unknown>) => void;
}

const mebi = 2 ** 20;

/**
 * Holds the jobs of a new cluster whose inputs exceed their own limit, with HTCondor's reason. If such a job is released
 * anyway, its pilot refuses it.
 */
export function holdTooLarge(
  { queue, ads, clock, ledger, inBackground }: HoldTooLargeOptions,
  cluster: number,
): void {
  const hold = (job: Job, reason: string | undefined): void => {
    if (reason === undefined) return;
    const code = holdCodes.inputTooLarge;
    inBackground(ledger.record({ type: 'hold', at: clock.wall(), job: keyOf(job), code, reason }));
  };
  const fresh = queue.fresh(cluster);
  const first = fresh?.procs.first;
  // The procs of a series may be a billion. They have the same inputs; where they have other limits, their pilots tell.
  if (fresh?.areSeries === true && first !== undefined) {
    const job = fresh.job(first);
    const { my, anything } = attributesRead(ads.submitted(job), ['MaxTransferInputMB']);
    if (!anything && !my.has('procid') && !fresh.maySet(my)) hold(fresh.shared, tooLarge(ads, job));
    return;
  }
  for (const job of queue.jobsOf(cluster)) hold(job, tooLarge(ads, job));
}

function tooLarge(ads: JobAds, job: Job): string | undefined {
  const limit = transferLimit(ads.submitted(job), 'Input');
  const bytes = job.inputs.reduce((sum, { size }) => sum + size, 0);
  if (limit === undefined || bytes <= limit) return undefined;
  return `TransferInputSizeMB (${Math.ceil(bytes / mebi)}) is greater than MAX_TRANSFER_INPUT_MB (${limit / mebi}) at submit time`;
}
