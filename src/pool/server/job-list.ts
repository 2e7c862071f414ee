import type { Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { jobView } from '../jobs/job-view.ts';

/** A page ends after this many characters; its `next` then says that there is more. */
const mostCharacters = 64 * 2 ** 20;

/** Milliseconds of work on one request before other requests get their turn. */
const slice = 2;

interface Page {
  readonly ads: JobAds;
  readonly limit: number;
  /** Whether the job belongs in the answer. */
  readonly wanted: (job: Job) => boolean;
  /** Whether the reader owns the job, and so may see its files. */
  readonly isOwner: (job: Job) => boolean;
  /** The name of a job in `after`. */
  readonly cursor: (job: Job) => string;
  /** Whether to go through all jobs and count the wanted ones, as clients without `limit` expect. */
  readonly counted: boolean;
  /** Aborted when the reader is gone. */
  readonly signal: AbortSignal;
  /** Resolves when it is the turn of this request. @param spent milliseconds of work since its last turn */
  readonly turn: (spent: number) => Promise<void>;
  /** Takes note of milliseconds of work after which no turn comes. */
  readonly charge: (spent: number) => void;
}

/**
 * The JSON of a page of jobs, part by part: as many of the wanted ones as fit, and then where the next page begins. The pool goes
 * on serving meanwhile.
 * @param jobs undefined stands for a job that is not wanted
 */
export async function* jobsPage(
  jobs: Iterable<Job | undefined> | AsyncIterable<Job>,
  page: Page,
): AsyncGenerator<string> {
  const texts = new PageTexts(page);
  let began = performance.now();
  let until = Number.NEGATIVE_INFINITY;
  yield '{"jobs":[';
  for await (const job of jobs) {
    if (performance.now() > until) {
      await page.turn(Math.min(slice, performance.now() - began));
      if (page.signal.aborted) break;
      began = performance.now();
      until = began + slice;
    }
    if (job !== undefined && page.wanted(job)) yield texts.next(job);
    if (texts.isFull && !page.counted) break;
  }
  page.charge(Math.min(slice, performance.now() - began));
  yield texts.end();
}

/** The jobs of one page as JSON. */
class PageTexts {
  readonly #page: Page;
  #characters = 0;
  #told = 0;
  #wanted = 0;
  #last: Job | undefined;
  /** Whether there was a job that the page had no room for. */
  isFull = false;

  constructor(page: Page) {
    this.#page = page;
  }

  /** The text of a wanted job; empty if there is no room for it. */
  next(job: Job): string {
    this.#wanted += 1;
    if (this.isFull || this.#told >= this.#page.limit) {
      this.isFull = true;
      return '';
    }
    const text = JSON.stringify(jobView(this.#page.ads, job, { isOwner: this.#page.isOwner(job) }));
    this.#characters += text.length;
    // A job that is too large by itself is a page of its own.
    this.isFull = this.#characters > mostCharacters && this.#told > 0;
    if (this.isFull) return '';
    this.#told += 1;
    this.#last = job;
    return this.#told === 1 ? text : `,${text}`;
  }

  end(): string {
    const { counted, cursor } = this.#page;
    const total = counted ? this.#wanted : this.#told;
    const more =
      this.isFull && this.#last !== undefined ? `,"next":${JSON.stringify(cursor(this.#last))}` : '';
    return `],"total":${total}${more}}`;
  }
}
