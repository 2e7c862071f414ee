import type { PilotOutcome } from './breaker.ts';

/** Failures that are remembered at most: by then the pause between trials has long reached its largest. */
const mostFailures = 1100;

/**
 * How the pilots of a group ended lately. What came before a success does not matter any more; failures are kept
 * however old they are, because the breaker that they opened closes with a success only.
 */
export class Outcomes {
  #all: readonly PilotOutcome[] = [];

  get all(): readonly PilotOutcome[] {
    return this.#all;
  }

  add(outcome: PilotOutcome): void {
    this.#all = outcome.failed ? [...this.#all, outcome].slice(-mostFailures) : [];
  }
}
