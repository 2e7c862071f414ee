import type { Attempt } from '#wire/jobs.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Job } from './job.ts';

/** The executions since the job was last released; earlier failures no longer count. */
export const attemptsSinceRelease = ({
  attempts,
  releasedEpoch = 0,
}: Pick<Job, 'attempts' | 'releasedEpoch'>): readonly Attempt[] =>
  attempts.filter(({ epoch }) => epoch > releasedEpoch);

/** Whether the payload ended by itself, successfully or not: NumJobCompletions counts these. */
export const isCompletion = (outcome: Outcome | undefined): boolean =>
  outcome?.kind === 'exited' || outcome?.kind === 'signalled';

/** Seconds that an execution took; 0 if it is not over, or never began. */
export const wallSeconds = ({ startedAt, endedAt }: Pick<Attempt, 'startedAt' | 'endedAt'>): number =>
  startedAt === undefined || endedAt === undefined ? 0 : Math.max(0, (endedAt - startedAt) / 1000);

/** Seconds that all finished executions of a job took: HTCondor's RemoteWallClockTime. */
export const wallSecondsOf = ({ attempts, forgotten }: Pick<Job, 'attempts' | 'forgotten'>): number =>
  attempts.reduce((sum, attempt) => sum + wallSeconds(attempt), forgotten.wallSeconds ?? 0);
