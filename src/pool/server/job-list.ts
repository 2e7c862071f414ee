import type { Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { jobView } from '../jobs/job-view.ts';

/** A page ends after this many characters; its `next` then says that there is more. */
const mostCharacters = 64 * 2 ** 20;

/** Milliseconds of work on one request before other requests get their turn. */
const slice = 5;

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
  /** Resolves when it is the turn of this request. */
  readonly turn: () => Promise<void>;
}

/**
 * The JSON of a page of jobs: as many of the wanted ones as fit, and where the next page begins. Only the page is held in
 * memory, and the pool goes on serving meanwhile.
 */
export async function jobsPage(jobs: Iterable<Job> | AsyncIterable<Job>, page: Page): Promise<string> {
  const texts = new PageTexts(page);
  let until = Number.NEGATIVE_INFINITY;
  for await (const job of jobs) {
    if (performance.now() > until) {
      await page.turn();
      if (page.signal.aborted) break;
      until = performance.now() + slice;
    }
    if (page.wanted(job)) texts.add(job);
    if (texts.isFull && !page.counted) break;
  }
  return texts.answer();
}

/** The jobs of one page as JSON. */
class PageTexts {
  readonly #page: Page;
  readonly #texts: string[] = [];
  #characters = 0;
  #wanted = 0;
  #last: Job | undefined;
  /** Whether there was a job that the page had no room for. */
  isFull = false;

  constructor(page: Page) {
    this.#page = page;
  }

  add(job: Job): void {
    this.#wanted += 1;
    if (this.isFull || this.#texts.length >= this.#page.limit) {
      this.isFull = true;
      return;
    }
    const text = JSON.stringify(jobView(this.#page.ads, job, { isOwner: this.#page.isOwner(job) }));
    this.#characters += text.length;
    // A job that is too large by itself is a page of its own.
    this.isFull = this.#characters > mostCharacters && this.#texts.length > 0;
    if (this.isFull) return;
    this.#texts.push(text);
    this.#last = job;
  }

  answer(): string {
    const { counted, cursor } = this.#page;
    const total = counted ? this.#wanted : this.#texts.length;
    const more =
      this.isFull && this.#last !== undefined ? `,"next":${JSON.stringify(cursor(this.#last))}` : '';
    return `{"total":${total}${more},"jobs":[${this.#texts.join(',')}]}`;
  }
}
