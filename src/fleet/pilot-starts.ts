import type { PilotStart } from './breaker.ts';

/** The most failures that are remembered: by then the pause between trials has long reached its maximum. */
const mostFailures = 1100;

/**
 * How the pilots of a group started lately. What came before a success no longer matters; failures are kept however old
 * they are, because the breaker that they opened closes only with a success.
 */
export class PilotStarts {
  #all: readonly PilotStart[] = [];

  get all(): readonly PilotStart[] {
    return this.#all;
  }

  add(start: PilotStart): void {
    this.#all = start.failed ? [...this.#all, start].slice(-mostFailures) : [];
  }
}
