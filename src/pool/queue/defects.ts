import type { Clock } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { Logger } from '#telemetry/logger.ts';
import { type Claim, type Job, jobName } from '../jobs/job.ts';
import { keyOf } from './apply.ts';
import type { Ledger } from './ledger.ts';

interface DefectsOptions {
  readonly ledger: () => Ledger;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly inBackground: (work: Promise<unknown>) => void;
  /** Stops the payload of a job that was running. */
  readonly revoke: (claim: Claim, reason: string) => void;
}

/** What a hold reason keeps of an error. */
const longestReason = 500;

/**
 * Jobs that the pool cannot work with: each is held, with the reason, and nothing else is affected. Whoever finds one goes
 * on without it; it is held in a turn of its own, since the finder may be in the midst of a transition.
 */
export class Defects {
  readonly #options: DefectsOptions;
  readonly #found = new Map<Job, string>();

  constructor(options: DefectsOptions) {
    this.#options = options;
  }

  /** Whether the job is about to be held. */
  has(job: Job): boolean {
    return this.#found.has(job);
  }

  found(job: Job, error: unknown): void {
    if (this.#found.size === 0) setImmediate(() => this.#hold());
    const reason = typeof error === 'string' ? error : describeError(error);
    this.#found.set(job, `The pool cannot work with this job: ${truncate(reason, longestReason)}`);
  }

  #hold(): void {
    const found = [...this.#found];
    this.#found.clear();
    const { ledger, clock, logger, inBackground, revoke } = this.#options;
    for (const [job, reason] of found) {
      if (job.state !== 'Idle' && job.state !== 'Running') continue;
      logger.warn({ job: jobName(job), reason }, 'job held');
      const { claim } = job;
      const at = clock.wall();
      const held = this.#record(() =>
        ledger().record({ type: 'hold', at, job: keyOf(job), code: holdCodes.systemPolicy, reason }),
      );
      inBackground(claim === undefined ? held : held.then(() => revoke(claim, reason)));
    }
  }

  /** A ledger that is closed throws at once; that is nobody's to catch here but the log's. */
  async #record(record: () => Promise<void>): Promise<void> {
    await record();
  }
}
