import type { Outcome } from '#wire/outcome.ts';

/** Whether the payload ended by itself, successfully or not: NumJobCompletions counts these. */
export const isCompletion = (outcome: Outcome | undefined): boolean =>
  outcome?.kind === 'exited' || outcome?.kind === 'signalled';
