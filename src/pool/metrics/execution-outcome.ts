/**
 * What the time of claims was used for, by the group of the pilot: GlideinWMS's analysis of wasted time. `Succeeded` is goodput,
 * `Failed` and what could not start or deliver is time without success, and the rest was thrown away (badput).
 */
export const executionOutcomes = [
  'Succeeded',
  'Failed',
  'StartFailed',
  'OutputFailed',
  'Exceeded',
  'Stopped',
  'Held',
  'Removed',
  'Vacated',
  'Lost',
] as const;

export type ExecutionOutcome = (typeof executionOutcomes)[number];
