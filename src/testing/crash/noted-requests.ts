import type * as z from 'zod';
import { isCode } from '#base/error.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { JobFile } from '#wire/file.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Asked } from './compose.ts';
import type { Action, Diary } from './diary.ts';
import { status, statusOf } from './pool-state.ts';
import { upload } from './upload.ts';

/** The most jobs of a cluster that are looked at. */
const mostShown = 200;

/** An action on a job or on a whole cluster. */
interface Wish {
  readonly action: Action['action'];
  /** `12.3` or `12`. */
  readonly target: string;
  readonly reason: string;
  /** Whether an expression selects the jobs, and not their names. */
  readonly byConstraint: boolean;
}

function constraintFor(target: string): string {
  const [cluster, proc] = target.split('.');
  return `ClusterId == ${cluster}${proc === undefined ? '' : ` && ProcId == ${proc}`}`;
}

/** Requests of one user; each is in the diary before it is sent, with every answer as it comes. */
export class NotedRequests {
  readonly #owner: string;
  readonly #client: PoolClient;
  readonly #diary: Diary;

  constructor(owner: string, client: PoolClient, diary: Diary) {
    this.#owner = owner;
    this.#client = client;
    this.#diary = diary;
  }

  /** @returns whether it was acknowledged */
  async submit({ submission, request }: Asked, signal: AbortSignal | undefined): Promise<boolean> {
    const diary = this.#diary;
    try {
      const { cluster, procs } = await this.#post('/v1/jobs', submitAnswer, request, signal);
      diary.acknowledge(submission, cluster);
      if (procs !== submission.procs.length)
        diary.surprises.push(`${submission.key} was acknowledged with ${procs} procs`);
      return true;
    } catch (error) {
      if (isCode(error, 'NoSpace')) submission.refused += 1;
      else submission.unanswered += 1;
      this.#wonder(error, signal);
      return false;
    }
  }

  /** @returns what the diary has of it */
  async act(
    { action, target, reason, byConstraint }: Wish,
    signal: AbortSignal | undefined,
  ): Promise<Readonly<Action>> {
    const entry: Action = { action, target, sentAt: performance.now() };
    this.#diary.actions.push(entry);
    try {
      const which = byConstraint ? { constraint: constraintFor(target) } : { jobs: [target] };
      const json = { action, reason, ...which };
      entry.answer = await this.#post('/v1/jobs/actions', jobActionAnswer, json, signal);
    } catch (error) {
      this.#wonder(error, signal);
      if (!isCode(error, 'NoSpace')) return entry;
      entry.refused = true;
    }
    entry.answeredAt = performance.now();
    entry.answeredWall = Date.now();
    return entry;
  }

  /** Lists a cluster: all of its procs, wherever they are. What is shown as ended may not come back to life. */
  async look(cluster: number, procs: number): Promise<void> {
    try {
      const query = { limit: mostShown };
      const { jobs } = await this.#client.json(`/v1/jobs/${cluster}`, jobsAnswer, { query });
      if (
        jobs.some(({ id }, proc) => id !== `${cluster}.${proc}`) ||
        jobs.length < Math.min(mostShown, procs)
      )
        this.#diary.surprises.push(`cluster ${cluster} was shown as ${jobs.map(({ id }) => id).join()}`);
      for (const job of jobs) {
        const its = statusOf(job);
        if (its === status.Completed || its === status.Removed) this.#diary.shownEnded.set(job.id, its);
      }
    } catch (error) {
      this.#wonder(error, undefined);
    }
  }

  /** @returns undefined if the pool does not take the file now */
  async upload(content: Buffer): Promise<JobFile | undefined> {
    try {
      return await upload(this.#client, this.#diary, 'input', content);
    } catch (error) {
      this.#wonder(error, undefined);
      return undefined;
    }
  }

  #post<T>(path: string, shape: z.ZodType<T>, json: unknown, signal: AbortSignal | undefined): Promise<T> {
    return this.#client.json(path, shape, { method: 'POST', json, ...(signal && { signal }) });
  }

  /** A pool may be down or full. Any other failure is a fault. */
  #wonder(error: unknown, signal: AbortSignal | undefined): void {
    if (signal?.aborted || isCode(error, 'Unavailable') || isCode(error, 'NoSpace')) return;
    this.#diary.surprises.push(`a request of ${this.#owner} failed: ${String(error)}`);
  }
}
