import { GlideinError } from '#base/error.ts';
import { type JobView, jobsAnswer } from '#wire/jobs.ts';
import type { PoolClient } from './pool-client.ts';

/** The most jobs that one request asks for. */
const pageSize = 5000;

interface Wish {
  /** `/v1/jobs`, `/v1/history`, or `/v1/jobs/12`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** The most jobs to list. Default: all. */
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
}

/** Some of the jobs that were asked for. */
interface JobPage {
  readonly jobs: readonly JobView[];
  /** Whether this is the last page and the limit left some jobs out. */
  readonly isCut: boolean;
}

/**
 * All jobs of a listing, page by page, so that neither side has to hold all of them at once.
 * @throws GlideinError Unsupported when the pool has more but is too old to send pages
 */
export async function* jobPages(client: Pick<PoolClient, 'json'>, wish: Wish): AsyncGenerator<JobPage> {
  let after: string | undefined;
  for (let left = wish.limit ?? Number.POSITIVE_INFINITY; left > 0; ) {
    const query = { ...wish.query, limit: Math.min(pageSize, left), after };
    const { jobs, total, next } = await client.json(wish.path, jobsAnswer, { query, signal: wish.signal });
    left -= jobs.length;
    yield { jobs, isCut: left <= 0 && (next !== undefined || total > jobs.length) };
    if (next === undefined && total > jobs.length && left > 0) {
      throw new GlideinError('Unsupported', `this pool can list only ${jobs.length} of its ${total} jobs`, {
        cure: 'list fewer jobs with --constraint, or use a newer pool',
      });
    }
    if (next === undefined) return;
    if (next === after)
      throw new GlideinError('InvalidMessage', `the pool keeps answering ${wish.path} with the same page`);
    after = next;
  }
}
