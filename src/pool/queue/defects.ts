import type { Clock } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { Logger } from '#telemetry/logger.ts';
import { type Claim, type Job, jobName } from '../jobs/job.ts';
import { keyOf } from '../jobs/job-key.ts';
import type { JobKey } from '../jobs/transition.ts';
import type { Ledger } from './ledger.ts';

interface DefectsOptions {
  readonly find: (key: JobKey) => Job | undefined;
  readonly ledger: () => Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly inBackground: (work: Promise<unknown>) => void;
  /** Stops the payload of a job that was running. */
  readonly revoke: (claim: Claim, reason: string) => void;
  /** The trace that a job belongs to; absent if the pool makes no spans. */
  readonly traceIdOf?: ((job: Job) => string) | undefined;
}

/** The most characters of an error in a hold reason. */
const longestReason = 500;

/**
 * Holds jobs that the pool cannot work with, each with the reason, so that nothing else is affected. The caller that finds
 * such a job goes on without it; the job is held in a later turn, since the caller may be in the middle of a transition.
 */
export class Defects {
  readonly #options: DefectsOptions;
  /** The reasons by the names of the jobs: a fresh proc is another job each time it is looked at. */
  readonly #found = new Map<string, { readonly key: JobKey; readonly reason: string }>();

  constructor(options: DefectsOptions) {
    this.#options = options;
  }

  /** Whether the job is about to be held. */
  has(job: Job): boolean {
    return this.#found.has(jobName(job));
  }

  found(job: Job, error: unknown): void {
    if (this.#found.size === 0) setImmediate(() => this.#hold());
    const reason = typeof error === 'string' ? error : describeError(error);
    this.#found.set(jobName(job), {
      key: keyOf(job),
      reason: `The pool cannot work with this job: ${truncate(reason, longestReason)}`,
    });
  }

  #hold(): void {
    const found = [...this.#found.values()];
    this.#found.clear();
    const { find, ledger, clock, logger, inBackground, revoke, traceIdOf } = this.#options;
    for (const { key, reason } of found) {
      const job = find(key);
      if (job?.state !== 'Idle' && job?.state !== 'Running') continue;
      const trace = traceIdOf && { trace_id: traceIdOf(job) };
      logger.warn({ job: jobName(job), ...trace, reason }, 'job held');
      const { claim } = job;
      const at = clock.wall();
      const held = this.#record(() =>
        ledger().record({ type: 'hold', at, job: keyOf(job), code: holdCodes.systemPolicy, reason }),
      );
      inBackground(claim === undefined ? held : held.then(() => revoke(claim, reason)));
    }
  }

  /** A closed ledger throws at once; being async, this turns that into a rejection, which is logged. */
  async #record(record: () => Promise<void>): Promise<void> {
    await record();
  }
}
