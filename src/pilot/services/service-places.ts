import { constants } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../runtime/remove-tree.ts';

/** The most bytes of a file with results. */
const longestFile = 65_536;

/**
 * What an instance of a service has on disk, below the pilot's directory:
 *
 *     services/NAME.INSTANCE/job/       /srv of the container
 *     services/NAME.INSTANCE/work/tmp/  its /tmp
 *     services/NAME.INSTANCE/environment
 *     services/NAME.INSTANCE/log, log.1
 */
export interface ServicePlaces {
  readonly root: string;
  readonly job: string;
  readonly work: string;
  readonly environment: string;
  readonly log: string;
}

export function placesOf(directory: string, name: string, instance: number): ServicePlaces {
  const root = join(directory, 'services', `${name}.${instance}`);
  return {
    root,
    job: join(root, 'job'),
    work: join(root, 'work'),
    environment: join(root, 'environment'),
    log: join(root, 'log'),
  };
}

/** Makes the directories anew: nothing but the log stays from an earlier start. */
export async function renewPlaces(
  { job, work, environment }: ServicePlaces,
  variables: string,
): Promise<void> {
  await Promise.all([removeTree(job), removeTree(work)]);
  await Promise.all([mkdir(job, { recursive: true }), mkdir(join(work, 'tmp'), { recursive: true })]);
  await writeFile(environment, variables, { mode: 0o600 });
}

/**
 * The beginning of a file that a service has left in its directory; undefined if there is none. The service may have put anything
 * there: a link must not lead out, and a pipe must not block.
 */
export async function fileOf({ job }: ServicePlaces, name: string): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    const file = await open(join(job, name), flags);
    try {
      if (!(await file.stat()).isFile()) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(longestFile), 0, longestFile, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
