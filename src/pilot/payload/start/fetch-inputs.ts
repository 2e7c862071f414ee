import { lstat, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import type { JobFile } from '#wire/file.ts';
import type { InputUrl } from '#wire/inputs.ts';
import type { PlugInJob } from '../../transfer/plug-in.ts';
import { TransferFailure, type Transfers } from '../../transfer/transfers.ts';
import { withinLimit } from '../../transfer/within-limit.ts';
import type { ClaimDirectory } from '../claim/claim-directory.ts';
import { unfetched } from '../claim/input-urls.ts';
import { type InputStamps, stampOf } from './stage-inputs.ts';

/** What fetches, and the milliseconds in which all URLs of a job must have been fetched. */
export interface FetchContext {
  readonly transfers: Pick<Transfers, 'fetch'>;
  readonly transferLimit: number;
  readonly clock: Clock;
}

/**
 * Fetches the URLs of a job into its directory. They come into a folder beside it first: what a plug-in leaves there besides them is no
 * input.
 * @param inputs the inputs that are there already
 * @param disk bytes that all inputs together may take
 * @throws PayloadFault, errors of the file system, GlideinError RuntimeFailed
 */
export async function fetchInputs(
  urls: readonly InputUrl[],
  { inputs, disk }: { readonly inputs: readonly JobFile[]; readonly disk: number },
  directory: Pick<ClaimDirectory, 'root' | 'job'>,
  job: PlugInJob,
  { transfers, transferLimit, clock }: FetchContext,
  signal: AbortSignal,
): Promise<InputStamps> {
  const stamps = new Map<string, string>();
  const [first] = urls;
  if (first === undefined) return stamps;
  const folder = await mkdtemp(join(directory.root, 'fetched-'));
  const wanted = urls.map(({ url, name }) => ({ url, path: join(folder, name) }));
  const most = Math.max(0, disk - inputs.reduce((sum, { size }) => sum + size, 0));
  const late = () => unfetched(first.url, `it took longer than ${transferLimit / 60_000} minutes`);
  try {
    await withinLimit({ clock, limit: transferLimit, late }, signal, (either) =>
      transfers.fetch(wanted, folder, most, job, either),
    );
    for (const { name } of urls) {
      await rename(join(folder, name), join(directory.job, name));
      await stampAll(directory.job, name, stamps);
    }
  } catch (error) {
    throw error instanceof TransferFailure ? unfetched(error.url, error.message) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return stamps;
}

/** A plug-in may fetch a whole folder, with links in it that whoever made it has put there: to the folder itself, or to all the pilot sees. */
async function stampAll(root: string, name: string, stamps: Map<string, string>): Promise<void> {
  const path = join(root, name);
  const found = await lstat(path);
  if (found.isDirectory())
    for (const child of await readdir(path)) await stampAll(root, `${name}/${child}`, stamps);
  else {
    const seen = found.isSymbolicLink() ? await stat(path).catch(() => undefined) : found;
    if (seen?.isFile()) stamps.set(name, stampOf(seen));
  }
}
