import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { endProcessesOf } from '#base/owned-processes.ts';
import type { Logger } from '#telemetry/logger.ts';
import { removeTree } from '../runtime/remove-tree.ts';

/** Milliseconds that the processes of an earlier pilot get to die after SIGKILL. */
const dying = 10_000;

/**
 * Removes what an earlier pilot has left in this directory, if it was killed together with its guardian and its launcher: the
 * processes of its payloads and services (with them go their mounts), and their directories. Its claims belong to nobody.
 * @throws GlideinError RuntimeFailed if a process does not die: it would go on taking what new payloads are promised
 */
export async function sweepLeftovers(
  directory: string,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  const folders = ['claims', 'services'].map((name) => join(directory, name));
  const left = (await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))).flat();
  if (left.length === 0) return;
  logger.warn(
    { left: left.length },
    'an earlier pilot was killed here: its payloads and services are ended and removed',
  );
  if (!(await endProcessesOf(directory, clock, dying)))
    throw new GlideinError('RuntimeFailed', 'the payloads of an earlier pilot do not die');
  await Promise.all(folders.map(removeTree));
}
