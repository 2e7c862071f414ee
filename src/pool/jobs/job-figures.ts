import type { Outcome } from '#wire/outcome.ts';

/** HTCondor's attributes count whole seconds. */
export const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** MemoryUsage is in MiB, rounded up. */
export const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

/** How the payload itself ended, even if its outputs could not be delivered. */
export function exitOf(outcome: Outcome): Outcome {
  if (outcome.kind !== 'outputFailed' || outcome.exit === undefined) return outcome;
  return 'exitCode' in outcome.exit
    ? { kind: 'exited', exitCode: outcome.exit.exitCode }
    : { kind: 'signalled', signal: outcome.exit.signal };
}
