import type { Clock } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import { truncate } from '#base/truncate.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Checkpoint } from '#wire/checkpoint.ts';
import type { LeftFile } from '#wire/file.ts';
import type { Uploader } from '../transfer/upload.ts';
import type { ClaimDirectory } from './claim/claim-directory.ts';
import { saveCheckpoint } from './end/save-checkpoint.ts';
import type { Prepared } from './start/prepare.ts';

/**
 * Milliseconds for which a job that has saved its work waits while nothing of it reaches the pool. Then it goes on without a
 * checkpoint.
 */
const patience = 60_000;

/** The least milliseconds between two checkpoints: a program that does nothing but save must not keep the pool busy. */
const leastBetween = 1000;

interface CheckpointsOptions {
  /** The number of the checkpoint from which the payload begins; undefined: there is none. */
  readonly last: number | undefined;
  readonly directory: ClaimDirectory;
  readonly context: {
    readonly uploader: Uploader;
    readonly clock: Clock;
    /** Whether the pool keeps checkpoints. Asked each time, because the pool may change. */
    readonly checkpoints: () => boolean;
  };
  readonly logger: Logger;
  /** Aborted when nobody needs any more what the payload saves. */
  readonly unneeded: AbortSignal;
  readonly saved: (checkpoint: Checkpoint) => void;
}

/**
 * What a payload saves of its work while it runs. As with HTCondor, a failure to upload it harms nothing now: the payload
 * goes on, and its next checkpoint may succeed. The last failure is reported with the result.
 */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  #next: number;
  #savedAt = Number.NEGATIVE_INFINITY;
  #problem: string | undefined;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
    this.#next = (options.last ?? -1) + 1;
  }

  /** Why the last checkpoint is not kept, for the owner of the job. */
  get left(): readonly LeftFile[] {
    return this.#problem === undefined ? [] : [{ name: 'checkpoint', reason: this.#problem }];
  }

  failed(problem: string): void {
    this.#problem = truncate(`it is not kept: ${problem}`, 256);
  }

  /** @param withStreams whether the next execution goes on printing where this one stopped */
  async save({ job, inputs }: Prepared, withStreams: boolean): Promise<void> {
    const { directory, context, logger, unneeded, saved } = this.#options;
    const late = new AbortController();
    const wait = () => context.clock.after(patience, () => late.abort());
    let timer = wait();
    const progressed = () => {
      timer.cancel();
      timer = wait();
    };
    try {
      if (!context.checkpoints()) throw new Error('this pool is too old to keep checkpoints');
      const number = this.#next;
      const signal = AbortSignal.any([unneeded, late.signal]);
      const checkpoint = await saveCheckpoint({ job, inputs, number, withStreams }, directory, {
        uploader: { ...context.uploader, progressed },
        signal,
      });
      this.#next += 1;
      this.#problem = undefined;
      saved(checkpoint);
    } catch (error) {
      this.failed(describeError(error));
      logger.warn({ problem: describeError(error) }, 'checkpoint not kept');
    } finally {
      timer.cancel();
    }
  }

  /** Resolves when the payload may go on, at once if it is to be stopped. */
  async pause(stopped: AbortSignal): Promise<void> {
    const { clock } = this.#options.context;
    const left = this.#savedAt + leastBetween - clock.monotonic();
    if (left > 0) await sleep(clock, left, stopped);
    this.#savedAt = clock.monotonic();
  }
}
