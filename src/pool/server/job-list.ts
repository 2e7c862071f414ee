import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Job } from '../queue/job.ts';
import type { JobAds } from '../queue/job-ads.ts';
import { jobView } from '../queue/job-view.ts';

/** Characters of an answer: beyond it a listing is cut, and its total says so. */
const mostCharacters = 64 * 2 ** 20;

/** Milliseconds of work on one request before others get their turn. */
const slice = 20;

/** Those of `jobs` that `wanted` takes; the pool goes on serving meanwhile. */
export async function select(
  jobs: Iterable<Job>,
  wanted: (job: Job) => boolean,
  signal: AbortSignal,
): Promise<Job[]> {
  const found: Job[] = [];
  let began = performance.now();
  for (const job of jobs) {
    if (wanted(job)) found.push(job);
    if (performance.now() - began < slice) continue;
    if (signal.aborted) break;
    await nextTurn();
    began = performance.now();
  }
  return found;
}

/** The JSON of a jobs answer: as many of `jobs` as fit, and how many there are. */
export async function listing(
  ads: JobAds,
  jobs: readonly Job[],
  options: { readonly total: number; readonly signal: AbortSignal },
): Promise<string> {
  const texts: string[] = [];
  let characters = 0;
  let began = performance.now();
  for (const job of jobs) {
    const text = JSON.stringify(jobView(ads, job));
    characters += text.length;
    if ((characters > mostCharacters && texts.length > 0) || options.signal.aborted) break;
    texts.push(text);
    if (performance.now() - began < slice) continue;
    await nextTurn();
    began = performance.now();
  }
  return `{"total":${options.total},"jobs":[${texts.join(',')}]}`;
}
