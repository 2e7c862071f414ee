import type { Outcome } from '#wire/outcome.ts';

/** Whether the payload came to an end of its own, good or bad: what NumJobCompletions counts. */
export const isCompletion = (outcome: Outcome | undefined): boolean =>
  outcome?.kind === 'exited' || outcome?.kind === 'signalled';
