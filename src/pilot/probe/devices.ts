import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { describeError } from '#base/error.ts';
import type { Finding } from '#wire/finding.ts';
import { findGpus, type ListNames } from '../runtime/gpu-devices.ts';

/** FUSE, by opening its device, as whoever mounts an image file does. */
export async function fuse(device = '/dev/fuse'): Promise<Finding> {
  const problem = await open(device, constants.O_RDWR).then(
    async (file) => {
      await file.close();
      return undefined;
    },
    (error: unknown) => describeError(error),
  );
  const works = problem === undefined;
  return {
    what: 'FUSE',
    attributes: { HasFuse: works },
    verdict: works ? 'good' : 'missing',
    evidence: `opening ${device}: ${problem ?? 'works'}`,
    ...(works
      ? {}
      : {
          cure: 'only needed for image files (.sif) and on-demand CVMFS: give pilots the device by a device plug-in of the cluster; directory images need nothing',
        }),
  };
}

/** GPUs, by their device files; and the driver's version. */
export async function gpus(list?: ListNames, driverFile = '/proc/driver/nvidia/version'): Promise<Finding> {
  const [found, driver] = await Promise.all([findGpus(list), readFile(driverFile, 'utf8').catch(() => '')]);
  const [, version] = /Kernel Module.*?\s(\d+\.[\d.]+)\s/.exec(driver) ?? [];
  const count = found?.count ?? 0;
  return {
    what: 'GPUs',
    attributes: {
      GLIDEIN_GPUDevices: count,
      ...(version !== undefined && { GLIDEIN_NvidiaDriver: version }),
    },
    verdict: count > 0 ? 'good' : 'missing',
    evidence: `${count} in /dev${found === undefined ? '' : ` (${found.vendor})`}; ${version === undefined ? `no ${driverFile}` : `driver ${version}`}`,
  };
}
