import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { systemCode, systemReason } from '#base/system-error.ts';
import { downloadBlob } from '#client/blobs.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { JobFile } from '#wire/file.ts';
import type { JobView } from '#wire/jobs.ts';
import { destinationsOf } from './destinations.ts';

export interface Placed {
  /** Files that this call wrote. */
  readonly written: number;
  /** Files and empty folders that are in place, whoever put them there. */
  readonly placed: number;
  /** Sentences for the owner. */
  readonly remarks: readonly string[];
}

interface PlaceOptions {
  readonly client: PoolClient;
  readonly signal: AbortSignal;
  /**
   * Epoch milliseconds at which the job ended: files get this time, and a newer file is left alone, because its owner or a
   * later job wrote it. If absent, everything is written.
   */
  readonly endedAt?: number | undefined;
}

/**
 * Downloads the results of a job to where its submit file says. Each file appears whole or not at all, and doing it again
 * changes nothing.
 * @throws GlideinError WriteFailed naming what could not be written; NotFound when the directory of the submission does not exist
 */
export async function placeResults(job: JobView, options: PlaceOptions): Promise<Placed> {
  const { directory, files, folders, log, remarks } = destinationsOf(job);
  if (directory === undefined || files.length + folders.length === 0)
    return { written: 0, placed: 0, remarks };
  await requireDirectory(job, directory);
  const left: string[] = [];
  let written = 0;
  for (const path of folders) await writing(job, path, () => makeFolders(path));
  const linked = log === undefined ? undefined : await realpath(log).catch(() => undefined);
  for (const { path, file } of files) {
    const how = await writing(job, path, () => place(path, file, { ...options, log: linked, job: job.id }));
    if (how === 'log')
      left.push(`${job.id}: ${file.name} stays in the pool: ${path} is a link to the event log`);
    if (how === 'newer')
      left.push(
        `${job.id}: ${path} is newer than this result and was not replaced; \`glidein fetch\` downloads the result`,
      );
    if (how === 'written') written += 1;
  }
  return { written, placed: files.length - left.length + folders.length, remarks: [...remarks, ...left] };
}

/** A directory that is gone is not made again: whoever removed it does not expect results in it. */
async function requireDirectory(job: JobView, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  // Names the cluster, not the job: otherwise each of its jobs would report the same problem.
  const cluster = job.id.split('.')[0];
  throw new GlideinError('NotFound', `the directory of cluster ${cluster}, ${path}, does not exist`, {
    cure: `download its results elsewhere with \`glidein fetch ${cluster} -d DIR\``,
  });
}

async function place(
  path: string,
  file: JobFile,
  {
    client,
    signal,
    endedAt,
    log,
    job,
  }: PlaceOptions & { readonly log: string | undefined; readonly job: string },
): Promise<'written' | 'same' | 'newer' | 'log'> {
  await makeFolders(dirname(path));
  // Follows a link, as a program that opens the file would.
  const target = await realpath(path).catch(() => path);
  if (target === log) return 'log';
  const there = await stat(target).catch(() => undefined);
  if (there !== undefined && !there.isFile())
    throw new GlideinError('WriteFailed', 'something that is not a file has this name');
  const age = there === undefined || endedAt === undefined ? undefined : compare(there.mtimeMs, endedAt);
  if (age === 'newer') return 'newer';
  if (age === 'same' && there?.size === file.size) return 'same';
  await downloadBlob(client, file, target, {
    mode: file.executable ? 0o755 : 0o644,
    modifiedAt: endedAt,
    signal,
    job,
  });
  return 'written';
}

/** File systems round times, some to two seconds. */
function compare(mtime: number, endedAt: number): 'same' | 'newer' | undefined {
  if (Math.abs(mtime - endedAt) < 1) return 'same';
  return mtime > endedAt ? 'newer' : undefined;
}

async function writing<T>(job: JobView, path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const code = systemCode(error);
    const own = error instanceof GlideinError && error.code === 'WriteFailed' ? error.message : undefined;
    const why = code === 'EEXIST' ? 'part of its path is not a directory' : (own ?? systemReason(error));
    if (why === undefined) throw error;
    throw new GlideinError('WriteFailed', `${path} of job ${job.id} could not be written: ${why}`, {
      cause: error,
      cure: `make room there, or download the results elsewhere with \`glidein fetch ${job.id} -d DIR\``,
    });
  }
}
