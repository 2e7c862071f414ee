import { createHash } from 'node:crypto';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '#base/clock.ts';
import type { Apptainer, ContainerRun } from '../runtime/apptainer.ts';
import { RememberedResults } from './remembered-results.ts';

const files = z.union([
  z.object({ works: z.literal(true) }),
  z.object({ works: z.literal(false), reason: z.string() }),
]);
const apptainer = z.object({
  path: z.string(),
  version: z.string(),
  tier: z.enum(['A', 'B']),
  files: files.optional(),
});

/**
 * Remembers which apptainer proved itself. The key contains everything that the answer depends on: the program, the kernel,
 * the user, and the privileges of this process (pods with other privileges may share the directory).
 */
export class ProbeCache extends RememberedResults<Apptainer> {
  constructor(directory: string, clock: Clock) {
    super(join(directory, 'probe.json'), apptainer, clock);
  }
}

/** What else than the program itself has been tried. */
export interface ProbeWishes {
  readonly network: ContainerRun['network'];
  /** Whether image files have been tried, which need a device. */
  readonly files: boolean;
}

/** The key of one program under the current circumstances. */
export async function probeKey(
  program: string,
  { network, files }: ProbeWishes = { network: 'Shared', files: false },
): Promise<string> {
  const { mtimeMs, size } = await stat(program);
  const device = files ? [await fuseDevice()] : [];
  return circumstances([program, network, mtimeMs, size, ...device]);
}

const fuseDevice = (): Promise<string> =>
  access('/dev/fuse', constants.R_OK | constants.W_OK).then(
    () => 'fuse',
    () => 'no fuse',
  );

/** A key for what depends on `parts`, on the kernel, and on the rights of this process. */
export async function circumstances(parts: readonly (string | number)[]): Promise<string> {
  const [status, uidMap, mounts] = await Promise.all(
    ['status', 'uid_map', 'mountinfo'].map((name) => readFile(`/proc/self/${name}`, 'utf8')),
  );
  const privileges = status?.split('\n').filter((line) => /^(CapBnd|NoNewPrivs|Seccomp):/.test(line));
  const maskedProc = mounts?.split('\n').filter((line) => / \/proc\//.test(line)).length;
  const all = [...parts, release(), process.getuid?.(), privileges, uidMap, maskedProc];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
}
