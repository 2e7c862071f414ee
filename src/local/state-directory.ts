import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { ProcessLock } from '#base/process-lock.ts';

/** Where a local pool keeps its files; several pools can run side by side, each in its own directory. */
export interface StateDirectory {
  readonly root: string;
  readonly pool: string;
  readonly pilots: string;
  readonly publishers: string;
  readonly cache: string;
  readonly logs: string;
  readonly lock: ProcessLock;
}

/** What the command line reads to find the pool of `glidein up`. */
export interface Endpoint {
  readonly url: string;
  readonly tokenFile: string;
  /** The process of `glidein up`. */
  readonly pid: number;
}

export const endpointFile = (root: string): string => join(root, 'endpoint.json');

/**
 * Makes the directory, or takes over one whose process is gone.
 * @throws GlideinError Conflict while another `glidein up` uses it, InvalidArgument when it cannot be written
 */
export async function openStateDirectory(root: string): Promise<StateDirectory> {
  const paths = {
    root,
    pool: join(root, 'pool'),
    pilots: join(root, 'pilots'),
    publishers: join(root, 'publishers'),
    cache: join(root, 'cache'),
    logs: join(root, 'logs'),
  };
  let lock: ProcessLock | undefined;
  try {
    await makeFolders(root, 0o700);
    lock = ProcessLock.take(join(root, 'lock.sqlite'));
    if (lock !== undefined)
      await Promise.all(Object.values(paths).map((path) => mkdir(path, { recursive: true })));
  } catch (error) {
    lock?.release();
    throw new GlideinError(
      'InvalidArgument',
      `cannot use the state directory ${root}: ${describeError(error)}`,
      { cause: error, cure: 'name one that you can write to with --state' },
    );
  }
  if (lock === undefined) throw await taken(root);
  return { ...paths, lock };
}

async function taken(root: string): Promise<GlideinError> {
  const text = await readFile(endpointFile(root), 'utf8').catch(() => '');
  const pid = /"pid":(\d+)/.exec(text)?.[1];
  const who = pid === undefined ? '' : ` (process ${pid})`;
  return new GlideinError('Conflict', `another glidein up${who} uses the state directory ${root}`, {
    cure: 'stop that one, or name another directory with --state',
  });
}

export async function closeStateDirectory(state: StateDirectory): Promise<void> {
  await rm(endpointFile(state.root), { force: true });
  state.lock.release();
}

/** Writes a file so that readers see the old content or the new, never a part. */
export async function writeWhole(path: string, content: string): Promise<void> {
  await writeFile(`${path}.part`, content, { mode: 0o600 });
  await rename(`${path}.part`, path);
}
