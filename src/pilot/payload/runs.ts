import type { Usage } from '#wire/outcome.ts';
import type { Execution } from './execution.ts';

/** The executions of a payload that has saved its work and gone on, each time in a container of its own, as one. */
export class Runs {
  #last: Execution | undefined;
  #startedAt: number | undefined;
  #seconds: number | undefined;
  #usage: Omit<Usage, 'wallSeconds'> | undefined;

  /** Adds an execution that has just ended. */
  add(execution: Execution): void {
    const { startedAt, ranSeconds, usage } = execution;
    this.#last = execution;
    this.#startedAt ??= startedAt;
    if (ranSeconds !== undefined) this.#seconds = (this.#seconds ?? 0) + ranSeconds;
    if (usage !== undefined) this.#usage = joined(this.#usage ?? {}, usage);
  }

  /** Whether it is among those that were added. */
  isCounted(execution: Execution | undefined): boolean {
    return execution !== undefined && execution === this.#last;
  }

  /** Epoch milliseconds at which the first container came up. */
  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  /** Seconds for which containers were up. */
  get seconds(): number | undefined {
    return this.#seconds;
  }

  get usage(): Omit<Usage, 'wallSeconds'> | undefined {
    return this.#usage;
  }
}

const joined = (
  a: Omit<Usage, 'wallSeconds'>,
  b: Omit<Usage, 'wallSeconds'>,
): Omit<Usage, 'wallSeconds'> => ({
  cpuSeconds: (a.cpuSeconds ?? 0) + (b.cpuSeconds ?? 0),
  memoryPeakBytes: Math.max(a.memoryPeakBytes ?? 0, b.memoryPeakBytes ?? 0),
  diskPeakBytes: Math.max(a.diskPeakBytes ?? 0, b.diskPeakBytes ?? 0),
});
