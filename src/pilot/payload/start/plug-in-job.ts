import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printAd } from '#classad/print.ts';
import type { Start } from '#wire/pool-messages.ts';
import type { PlugInJob } from '../../transfer/plug-in.ts';
import type { ClaimDirectory } from '../claim/claim-directory.ts';
import { type ClaimedSlot, machineAd, startedAd } from '../claim/claimed-slot.ts';
import type { Job } from '../claim/job.ts';

/**
 * Writes down what plug-ins are told of a job: its ad, that of its slot, and its proxy, beside the job's directory. The payload could
 * change whatever lies in it, and would have a plug-in send a file of the pilot as its proxy.
 * @param now seconds since the epoch
 */
export async function writePlugInJob(
  start: Start,
  claimed: ClaimedSlot,
  { proxy }: Job,
  { root, job }: ClaimDirectory,
  now: number,
): Promise<PlugInJob> {
  const directory = join(root, 'transfer');
  const paths = {
    _CONDOR_JOB_AD: join(directory, 'job.ad'),
    _CONDOR_MACHINE_AD: join(directory, 'machine.ad'),
    ...(proxy !== undefined && { X509_USER_PROXY: join(directory, 'proxy') }),
  };
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await Promise.all([
    writeFile(paths._CONDOR_JOB_AD, printAd(startedAd(start.ad, claimed, now, start.claim.epoch), 'old')),
    writeFile(paths._CONDOR_MACHINE_AD, printAd(machineAd(claimed), 'old')),
  ]);
  if (proxy !== undefined && paths.X509_USER_PROXY !== undefined) {
    await copyFile(join(job, proxy), paths.X509_USER_PROXY);
    await chmod(paths.X509_USER_PROXY, 0o600);
  }
  return { directory, variables: paths };
}

/** For a job whose files no plug-in transfers. */
export const noPlugInJob = ({ root }: ClaimDirectory): PlugInJob => ({ directory: root, variables: {} });
