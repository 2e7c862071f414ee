import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { type ErrorCode, GlideinError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import { uploadBlob } from '#client/blobs.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { JobFile } from '#wire/file.ts';
import { inParallel } from './in-parallel.ts';

/** Errors after which another try may succeed: the pool is away or busy, or the token is being renewed. */
const passing: readonly ErrorCode[] = [
  'Unavailable',
  'Timeout',
  'NoSpace',
  'StoreFailed',
  'Internal',
  'Unauthenticated',
];

/** If a connection breaks in the middle of a body, the error is the HTTP library's or the system's own. */
const brokenConnection = /^(UND_ERR_|ECONN|EPIPE$)/;

function mayPass(error: unknown): boolean {
  if (error instanceof GlideinError) return passing.includes(error.code);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return brokenConnection.test(code);
}

/** A file to bring to the pool: where it lies, and what it is called for the job's owner. */
export interface OutputFile {
  readonly name: string;
  readonly path: string;
  readonly executable: boolean;
}

export interface Uploader {
  readonly client: PoolClient;
  readonly clock: Clock;
  readonly random: () => number;
  /** Called when more of a file is on its way than ever before: a repetition does not count until then. */
  readonly progressed?: () => void;
}

/**
 * Repeats `transfer` while the pool is away, until `signal` aborts.
 * @throws what `transfer` throws, if that is final or the signal has aborted
 */
export async function retryWhilePoolIsAway<T>(
  uploader: Uploader,
  signal: AbortSignal,
  transfer: () => Promise<T>,
): Promise<T> {
  const backoff = new Backoff({ first: 200, most: 30_000, random: uploader.random });
  for (;;) {
    try {
      return await transfer();
    } catch (error) {
      if (!mayPass(error) || signal.aborted) throw error;
      await sleep(uploader.clock, backoff.next(), signal);
      if (signal.aborted) throw error;
    }
  }
}

/** Brings files into the pool's spool, a few at a time. @returns what `finished` lists of them */
export async function uploadFiles(
  uploader: Uploader,
  files: readonly OutputFile[],
  signal: AbortSignal,
): Promise<JobFile[]> {
  const uploaded = new Map<string, JobFile>();
  await inParallel(files, 4, async ({ name, path, executable }) => {
    let most = 0;
    const progress = (bytes: number) => {
      if (bytes <= most) return;
      most = bytes;
      uploader.progressed?.();
    };
    const content = await retryWhilePoolIsAway(uploader, signal, () =>
      uploadBlob(uploader.client, path, signal, progress),
    );
    uploaded.set(name, { name, ...content, executable });
  });
  return files.map((file) => uploaded.get(file.name)).filter((file) => file !== undefined);
}
