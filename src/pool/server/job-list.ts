import type { Job } from '../jobs/job.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { jobView } from '../jobs/job-view.ts';

/** Characters of an answer: beyond it a page ends, and its `next` says that there is more. */
const mostCharacters = 64 * 2 ** 20;

/** Milliseconds of work on one request before others get their turn. */
const slice = 5;

interface Page {
  readonly ads: JobAds;
  readonly limit: number;
  /** Which of the jobs are meant. */
  readonly wanted: (job: Job) => boolean;
  /** Whether the reader owns the job, and may know its files. */
  readonly isOwner: (job: Job) => boolean;
  /** How a job is named in `after`. */
  readonly cursor: (job: Job) => string;
  /** Whether to look at all jobs and to say how many are wanted, as clients without `limit` expect. */
  readonly counted: boolean;
  /** The reader is gone: nobody needs the rest. */
  readonly signal: AbortSignal;
  /** Resolves when it is the turn of this request. */
  readonly turn: () => Promise<void>;
}

/**
 * The JSON of a jobs answer: as many of the wanted ones as fit, and where the next page begins. No more than the page is
 * held in memory, and the pool goes on serving meanwhile.
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
  /** There was a job for which the page has no room. */
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
    // One that is too large by itself is a page.
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
