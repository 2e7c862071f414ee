import { stat } from 'node:fs/promises';
import { excessSubcodes, holdCodes } from '#base/hold-codes.ts';
import { formatBytes } from '#base/quantity.ts';
import { tooManyBytes } from '#wire/transfer-limit.ts';
import type { ClaimDirectory } from '../claim/claim-directory.ts';
import type { Job } from '../claim/job.ts';
import { PayloadFault } from '../claim/payload-fault.ts';

interface Sized {
  /** Bytes, holes included. */
  readonly size: number;
  /** What files have in common that are one file with several names. */
  readonly identity: string;
}

/**
 * Too large an output is not delivered at all. (HTCondor brings files up to the limit, and only a part of the last one.)
 * @param most bytes that the group allows
 * @throws PayloadFault that blames the job, with the numbers
 */
export async function requireFewBytes(
  files: readonly Sized[],
  job: Pick<Job, 'most' | 'namedStreams' | 'disk'>,
  directory: Pick<ClaimDirectory, 'stdout' | 'stderr'>,
  most: number | undefined,
): Promise<void> {
  requireFewHoles(files, job);
  if (job.most.output === undefined && most === undefined) return;
  const streams = await Promise.all(job.namedStreams.map((name) => stat(directory[name])));
  const bytes = [...files, ...streams].reduce((sum, { size }) => sum + size, 0);
  if (bytes > (job.most.output ?? Number.POSITIVE_INFINITY))
    throw tooLarge(tooManyBytes('the output files have', bytes, job.most.output ?? 0));
  if (bytes > (most ?? Number.POSITIVE_INFINITY))
    throw tooLarge(
      `the output files have ${formatBytes(bytes)}B, and the group of the pilot allows ${formatBytes(most ?? 0)}B: keep them where the job can put them itself`,
    );
}

const tooLarge = (reason: string) => new PayloadFault('job', holdCodes.outputTooLarge, reason);

/**
 * Files with holes take no disk, but all their bytes are delivered: a job of one MiB could fill the pool.
 * @throws PayloadFault that blames the job
 */
export function requireFewHoles(files: readonly Sized[], { disk }: Pick<Job, 'disk'>): void {
  const sizes = new Map(files.map(({ identity, size }) => [identity, size]));
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (bytes <= disk) return;
  const reason = `the output files have ${formatBytes(bytes)}B with their holes, and the job was given ${formatBytes(disk)}B of disk: write a larger request_disk`;
  throw new PayloadFault('job', holdCodes.outOfResources, reason, excessSubcodes.disk);
}
