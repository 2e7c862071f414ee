import { LeanClient } from './lean-client.ts';
import { LeanPilots } from './lean-pilots.ts';
import type { MeasuredPool } from './measured-pool.ts';
import { realJob } from './real-job.ts';

/** The end of one job: when it was recorded, and the milliseconds from its `start` until then. */
export interface Ended {
  readonly at: number;
  readonly took: number;
}

/** Jobs of one submit. */
const clusterSize = 1000;

/** Jobs that wait in the queue ahead of the pilots. */
const ahead = 10_000;

/** Pilots that live through jobs, which are submitted meanwhile. Each life is a submit, a claim, a start and an end, all durable. */
export class Lives {
  #pilots: LeanPilots | undefined;
  readonly #client: LeanClient;
  #ended: Ended[] = [];
  #wanted = 0;
  #submitted = 0;
  #total = 0;
  #isSubmitting = false;
  #done = Promise.withResolvers<void>();

  private constructor(client: LeanClient) {
    this.#client = client;
  }

  static async begin(pool: Pick<MeasuredPool, 'url' | 'token'>, pilots: number): Promise<Lives> {
    const client = await LeanClient.open(pool.url, await pool.token('submitter', 'alice'));
    const lives = new Lives(client);
    lives.#pilots = await LeanPilots.start({ pool, count: pilots, onRecorded: (took) => lives.#over(took) });
    return lives;
  }

  /** Resolves when so many more jobs, a multiple of a thousand, have ended. @returns their ends */
  async through(jobs: number): Promise<readonly Ended[]> {
    this.#done = Promise.withResolvers();
    this.#ended = [];
    this.#wanted += jobs;
    this.#submitAhead();
    const watch = this.#watch();
    await this.#done.promise.finally(() => clearInterval(watch));
    return this.#ended;
  }

  end(): void {
    this.#pilots?.stop();
    this.#client.close();
  }

  /** A pool that has lost a job would otherwise be waited for without end. */
  #watch(): NodeJS.Timeout {
    let total = -1;
    return setInterval(() => {
      if (this.#total === total)
        this.#done.reject(new Error(`no job has ended for a minute: ${total} of ${this.#submitted} have`));
      total = this.#total;
    }, 60_000);
  }

  #over(took: number): void {
    this.#total += 1;
    this.#ended.push({ at: performance.now(), took });
    if (this.#total >= this.#wanted) this.#done.resolve();
    else if (this.#submitted - this.#total < ahead) this.#submitAhead();
  }

  #submitAhead(): void {
    this.#submit().catch((error: unknown) => this.#done.reject(error));
  }

  async #submit(): Promise<void> {
    if (this.#isSubmitting) return;
    this.#isSubmitting = true;
    while (this.#submitted < this.#wanted && this.#submitted - this.#total < ahead) {
      this.#submitted += clusterSize;
      await this.#client.ask('POST', '/v1/jobs', JSON.stringify(realJob(clusterSize)));
    }
    this.#isSubmitting = false;
  }
}

/** Ends a second. */
export const rateOf = (ended: readonly Ended[], began: number): number =>
  (ended.length / ((ended.at(-1)?.at ?? Number.NaN) - began)) * 1000;
