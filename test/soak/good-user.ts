import { setTimeout as pause } from 'node:timers/promises';
import type { PoolClient } from '#client/pool-client.ts';
import { submitOf } from '#testing/ads.ts';
import { submitAnswer } from '#wire/jobs.ts';

/**
 * How a user submits. `closed`: there are always so many jobs in the queue, so that the rate shows what the pool can do.
 * `open`: so many jobs a second, whatever happens to them, so that the latency shows how long a user waits.
 */
export type Habit = 'closed' | 'open';

/** Jobs in the queue at once, and in one submission. */
const inQueue = 40;
const together = 10;
/** Jobs a second. */
const openRate = 10;

/** A user who only wants to work: submits, and notes when each job is recorded as ended. */
export class GoodUser {
  /** Every job that was acknowledged. */
  readonly submitted = new Set<string>();
  readonly #client: () => PoolClient;
  /** When the submission of a job began, in milliseconds of the process; a job is here until it has ended. */
  readonly #begun = new Map<string, number>();
  /** Jobs that have ended before the acknowledgement of their submission arrived. */
  readonly #early = new Map<string, number>();
  #latencies: number[] = [];
  #asking = 0;

  constructor(client: () => PoolClient) {
    this.#client = client;
  }

  /** A pilot was told that the end of this job is recorded. */
  ended(job: string): void {
    const begun = this.#begun.get(job);
    if (begun === undefined) {
      if (!this.submitted.has(job)) this.#early.set(job, performance.now());
    } else this.#end(job, performance.now() - begun);
  }

  /** Submits by `habit` until `signal` aborts. */
  async work(habit: Habit, signal: AbortSignal): Promise<void> {
    const began = performance.now();
    for (let asked = 0; !signal.aborted; ) {
      if (habit === 'open' && asked < ((performance.now() - began) / 1000) * openRate) {
        asked += 1;
        void this.#submit(1, signal);
      } else if (habit === 'closed' && this.#begun.size < inQueue) await this.#submit(together, signal);
      else await pause(10);
    }
  }

  /** Waits until all of its jobs have ended, but at most so many seconds. */
  async rest(seconds: number): Promise<void> {
    for (const until = performance.now() + seconds * 1000; performance.now() < until; await pause(20))
      if (this.#begun.size === 0 && this.#asking === 0) return;
  }

  /** Milliseconds from the start of the submission to the recorded end, for jobs that have ended since the last call. */
  takeLatencies(): readonly number[] {
    const taken = this.#latencies;
    this.#latencies = [];
    return taken;
  }

  /** Repeats a request with the same key until there is an answer, as a careful client does. */
  async #submit(procs: number, signal: AbortSignal): Promise<void> {
    const json = submitOf(procs);
    const begun = performance.now();
    this.#asking += 1;
    for (let tries = 0; ; tries += 1) {
      const answer = await this.#client()
        .json('/v1/jobs', submitAnswer, { method: 'POST', json })
        .catch(() => undefined);
      if (answer !== undefined) this.#note(answer, begun);
      if (answer !== undefined || (signal.aborted && tries > 100)) break;
      await pause(50);
    }
    this.#asking -= 1;
  }

  #note({ cluster, procs }: { readonly cluster: number; readonly procs: number }, begun: number): void {
    for (let proc = 0; proc < procs; proc += 1) {
      const job = `${cluster}.${proc}`;
      this.submitted.add(job);
      this.#begun.set(job, begun);
      const early = this.#early.get(job);
      if (early !== undefined) this.#end(job, early - begun);
    }
  }

  #end(job: string, milliseconds: number): void {
    this.#begun.delete(job);
    this.#early.delete(job);
    this.#latencies.push(milliseconds);
  }
}
