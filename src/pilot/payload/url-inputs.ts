import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { JobFile } from '#wire/file.ts';
import { type InputUrl, isFetched, nameOfUrl, schemeOf, shownUrl } from '#wire/input-urls.ts';
import { type InputStamps, stampOf } from '../transfer/stage-inputs.ts';
import { UrlFailure, type UrlFetcher } from '../transfer/url-fetcher.ts';
import { PayloadFault } from './payload-fault.ts';

/** Milliseconds in which all URLs of a job must have been fetched. */
const fetchLimit = 3_600_000;

/**
 * The URLs among a job's inputs. Of two with one name the later counts, and a file that travels with the job counts more, as
 * with HTCondor.
 * @param transferInput the attribute
 * @throws PayloadFault for one that no pilot fetches
 */
export function inputUrls(transferInput: string, inputs: ReadonlySet<string>): InputUrl[] {
  const byName = new Map<string, InputUrl>();
  for (const entry of transferInput.split(',')) {
    const url = entry.trim();
    const scheme = schemeOf(url);
    if (scheme === undefined) continue;
    if (!isFetched(scheme)) throw unfetched(url, `pilots fetch http:// and https://, not ${scheme}://`);
    const name = nameOfUrl(url);
    if (name === undefined) throw unfetched(url, 'it is no URL whose path ends with the name of a file');
    if (!inputs.has(name)) byName.set(name, { url, name });
  }
  return [...byName.values()];
}

/**
 * Fetches the URLs of a job into its directory, one after the other.
 * @param inputs what is there already
 * @param disk bytes that all inputs may have
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

const unfetched = (url: string, why: string): PayloadFault =>
  new PayloadFault('job', holdCodes.transferInput, `the input ${shownUrl(url)} was not fetched: ${why}`);
