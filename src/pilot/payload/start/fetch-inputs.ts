import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import type { JobFile } from '#wire/file.ts';
import type { InputUrl } from '#wire/inputs.ts';
import { UrlFailure, type UrlFetcher } from '../../transfer/url-fetcher.ts';
import { unfetched } from '../claim/input-urls.ts';
import { type InputStamps, stampOf } from './stage-inputs.ts';

/** Milliseconds in which all URLs of a job must have been fetched. */
const fetchLimit = 3_600_000;

/**
 * Fetches the URLs of a job into its directory, one after the other.
 * @param inputs the inputs that are there already
 * @param disk bytes that all inputs together may take
 * @throws PayloadFault, errors of the file system
 */
export async function fetchInputs(
  urls: readonly InputUrl[],
  inputs: readonly JobFile[],
  disk: number,
  directory: string,
  { fetcher, clock }: { readonly fetcher: Pick<UrlFetcher, 'fetch'>; readonly clock: Clock },
  signal: AbortSignal,
): Promise<InputStamps> {
  const stamps = new Map<string, string>();
  const late = new AbortController();
  const timer = clock.after(fetchLimit, () => late.abort());
  let left = disk - inputs.reduce((sum, { size }) => sum + size, 0);
  try {
    for (const { url, name } of urls) {
      const path = join(directory, name);
      left -= await fetcher
        .fetch(url, path, Math.max(0, left), AbortSignal.any([signal, late.signal]))
        .catch((error: unknown) => {
          if (late.signal.aborted) throw unfetched(url, `it took longer than ${fetchLimit / 60_000} minutes`);
          throw error instanceof UrlFailure ? unfetched(url, error.message) : error;
        });
      stamps.set(name, stampOf(await stat(path)));
    }
  } finally {
    timer.cancel();
  }
  return stamps;
}
