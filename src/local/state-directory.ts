import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GlideinError } from '#base/error.ts';

/** Where a local pool keeps what it needs; several can run side by side, each in its own directory. */
export interface StateDirectory {
  readonly root: string;
  readonly pool: string;
  readonly pilots: string;
  readonly cache: string;
  readonly logs: string;
}

/** What the command line reads to find a pool that `glidein up` runs. */
export interface Endpoint {
  readonly url: string;
  readonly tokenFile: string;
  /** The process of `glidein up`. */
  readonly pid: number;
}

export const endpointFile = (root: string): string => join(root, 'endpoint.json');

/**
 * Makes the directory, or takes over one whose owner is gone.
 * @throws GlideinError Conflict while another `glidein up` uses it
 */
export async function openStateDirectory(
  root: string,
  isAlive: (pid: number) => boolean,
): Promise<StateDirectory> {
  const state = {
    root,
    pool: join(root, 'pool'),
    pilots: join(root, 'pilots'),
    cache: join(root, 'cache'),
    logs: join(root, 'logs'),
  };
  await mkdir(root, { recursive: true, mode: 0o700 });
  await lock(join(root, 'lock'), isAlive);
  await Promise.all(
    [state.pool, state.pilots, state.cache, state.logs].map((path) => mkdir(path, { recursive: true })),
  );
  return state;
}

export async function closeStateDirectory(state: StateDirectory): Promise<void> {
  await rm(endpointFile(state.root), { force: true });
  await rm(join(state.root, 'lock'), { force: true });
}

/** Readers see the old content or the new, never a part. */
export async function writeWhole(path: string, content: string): Promise<void> {
  await writeFile(`${path}.part`, content, { mode: 0o600 });
  await rename(`${path}.part`, path);
}

async function lock(file: string, isAlive: (pid: number) => boolean): Promise<void> {
  const owner = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (owner > 0 && owner !== process.pid && isAlive(owner)) {
    throw new GlideinError('Conflict', `another glidein up (process ${owner}) uses this state directory`, {
      cure: 'end that one, or name another directory with --state',
    });
  }
  await writeWhole(file, String(process.pid));
}
