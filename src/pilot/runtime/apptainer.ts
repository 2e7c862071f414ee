import { dirname } from 'node:path';
import { containment } from '#base/apptainer-containment.ts';
import { ownerOf } from '#base/process-owner.ts';
import type { PilotSpec } from '#spec/pilot.ts';
import type { GpuDevices } from './gpu-devices.ts';
import type { Mount } from './mounts.ts';

/** For Go: apptainer ends, or only waits, long before its garbage is worth collecting. That saves a start 4 ms. */
const collectLate = { GOGC: 'off', GOMEMLIMIT: '64MiB' } as const;

/**
 * The variables that apptainer itself gets. It finds programs such as that for FUSE by PATH, and an apptainer that is installed in a
 * folder of its own has them beside it.
 * @param isDirectory whether the image is a directory: then they are not needed, and apptainer would still ask them for their
 *   versions, for 4 ms
 */
export const environmentOf = (apptainer: string, isDirectory = false): Record<string, string> => ({
  PATH: `${isDirectory ? '' : `${dirname(apptainer)}:`}/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
  ...collectLate,
  ...ownerOf(process.env),
});

/**
 * How well payloads can be contained here. A: a private PID namespace with its own `/proc`. B: a private PID namespace,
 * but `/proc` is the pilot's (in pods whose `/proc` is masked). Where neither works, nothing can run.
 */
export type Tier = 'A' | 'B';

/**
 * An apptainer that has proved that it runs containers here.
 *
 * **Gotchas.** Its exit code proves nothing: 255 may be its own failure or the program's. Exit codes from 129 on stand for
 * signals only if the payload's parent (`pilot/runtime/wait-status.ts`) says so. Killing apptainer kills everything inside
 * by the PID namespace, but not at once, so the tree is swept afterwards. Some flags work alone but not together: see
 * {@link containerArguments}.
 */
export interface Apptainer {
  readonly path: string;
  readonly version: string;
  readonly tier: Tier;
  /** Whether it has also run an image file here, and if not, why. Undefined: nobody wanted to know. */
  readonly files?: { readonly works: true } | { readonly works: false; readonly reason: string } | undefined;
}

export interface ContainerRun {
  /** The directory of the expanded image, or the image file: absolute, with all links followed. */
  readonly image: string;
  /** Becomes `/srv`, where the command starts. */
  readonly job: string;
  /** Must exist. Becomes `/tmp` and `/var/tmp`, which would otherwise be 64 MiB of memory. */
  readonly work: string;
  readonly environmentFile: string;
  /** Whose GPUs the payload gets; undefined: none. */
  readonly gpus: GpuDevices['vendor'] | undefined;
  readonly mounts: readonly Mount[];
  /** None: a network namespace of its own, with nothing in it. */
  readonly network: PilotSpec['runtime']['network'];
  readonly command: readonly string[];
}

const gpuFlags: Readonly<Record<GpuDevices['vendor'], string>> = { nvidia: '--nv', amd: '--rocm' };

/**
 * The arguments of apptainer for one payload. Nothing of the pilot's environment, home or `/tmp` is visible inside;
 * the PID namespace ends everything that the payload leaves behind. Never with `--compat` or `--no-init`: then PID 1
 * ignores SIGTERM.
 */
export function containerArguments(tier: Tier, run: ContainerRun): string[] {
  return [
    '--silent',
    'exec',
    '--userns',
    ...containment[tier],
    '--cleanenv',
    '--no-eval',
    '--no-home',
    '--workdir',
    run.work,
    '--bind',
    `${run.job}:/srv`,
    ...run.mounts.flatMap(({ source, target, readOnly }) => [
      '--bind',
      `${source}:${target}:${readOnly ? 'ro' : 'rw'}`,
    ]),
    '--cwd',
    '/srv',
    '--env-file',
    run.environmentFile,
    ...(run.network === 'None' ? ['--net', '--network', 'none'] : []),
    ...(run.gpus === undefined ? [] : [gpuFlags[run.gpus]]),
    run.image,
    ...run.command,
  ];
}
