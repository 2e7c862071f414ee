import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError, GlideinError } from '#base/error.ts';
import type { Bind } from '#spec/binds.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import { absentUnlessFault } from './node-fault.ts';

/** A part of the node that payloads or services see. */
export interface Mount {
  /** With all links followed. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface MountsFound {
  readonly mounts: readonly Mount[];
  /** Sources that are not here, and need not be. */
  readonly absent: readonly string[];
}

/** The directories of a pilot that its payloads must not see: they hold its token, and the files of other jobs. */
export const pilotsOwn = ({ directory, cacheDirectory, pool, spec }: PilotOrder): string[] => [
  directory,
  cacheDirectory,
  dirname(pool.tokenFile),
  ...(spec.runtime.images.remote.logins === undefined ? [] : [spec.runtime.images.remote.logins]),
];

/** The path with all links followed; undefined when it does not exist. Throws the faults of a broken file system. */
export type RealPath = (path: string) => Promise<string | undefined>;

const realPath: RealPath = (path) => realpath(path).catch(absentUnlessFault);

/**
 * Looks for the sources of binds on this node. Apptainer would start no container with one that is missing.
 * @param own directories of the pilot that nothing in a container may see
 * @throws GlideinError RuntimeFailed when a required source is missing, cannot be reached, or would
 *   show what is the pilot's own
 */
export async function findMounts(
  binds: readonly Bind[],
  own: readonly string[],
  real: RealPath = realPath,
): Promise<MountsFound> {
  if (binds.length === 0) return { mounts: [], absent: [] };
  const hidden = await Promise.all(own.map(async (path) => (await real(path)) ?? path));
  const mounts: Mount[] = [];
  const absent: string[] = [];
  for (const { source, target = source, readOnly, required } of binds) {
    const found = await reach(source, real);
    if (found === undefined && required)
      throw new GlideinError('RuntimeFailed', `${source} is not on this node, and is required`);
    if (found === undefined) absent.push(source);
    else mounts.push({ source: requireForeign(source, found, hidden), target, readOnly });
  }
  return { mounts, absent };
}

async function reach(source: string, real: RealPath): Promise<string | undefined> {
  try {
    return await real(source);
  } catch (error) {
    throw new GlideinError('RuntimeFailed', `${source} cannot be reached: ${describeError(error)}`, {
      cause: error,
    });
  }
}

const isBelow = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);

function requireForeign(source: string, found: string, hidden: readonly string[]): string {
  if (!hidden.some((own) => isBelow(found, own) || isBelow(own, found))) return found;
  throw new GlideinError(
    'RuntimeFailed',
    `${source} cannot be bound: it would show directories of the pilot itself`,
  );
}
