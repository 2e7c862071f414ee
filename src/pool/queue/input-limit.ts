import type { Clock } from '#base/clock.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { transferLimit } from '#wire/transfer-limit.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { keyOf } from './apply.ts';
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
  for (const job of queue.jobsOf(cluster)) {
    const limit = transferLimit(ads.submitted(job), 'Input');
    const bytes = job.inputs.reduce((sum, { size }) => sum + size, 0);
    if (limit === undefined || bytes <= limit) continue;
    const reason = `TransferInputSizeMB (${Math.ceil(bytes / mebi)}) is greater than MAX_TRANSFER_INPUT_MB (${limit / mebi}) at submit time`;
    const hold = { code: holdCodes.inputTooLarge, reason };
    inBackground(ledger.record({ type: 'hold', at: clock.wall(), job: keyOf(job), ...hold }));
  }
}
