import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { ClaimRef, Resources } from '#wire/claim.ts';
import type { JobFile, LeftFile, StreamFile } from '#wire/file.ts';
import type { Attempt } from '#wire/jobs.ts';
import type { Usage } from '#wire/outcome.ts';
import { isFinal, type JobState } from './job-state.ts';

/** What the procs of one submit share. */
export interface Cluster {
  readonly id: number;
  /** The client's key: the same submit twice is one cluster. */
  readonly key: string;
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly queuedAt: number;
  readonly ad: AdTexts;
  /** How many procs were submitted. */
  readonly procs: number;
  /** Why what was submitted cannot be read any more; its jobs are held then, whoever releases them. */
  readonly fault?: string | undefined;
}

/** The right of one pilot to run one job. */
export interface Claim {
  readonly ref: ClaimRef;
  readonly pilotUid: string;
  readonly takes: Resources;
  /** Where the pilot is; absent in records of older versions. */
  readonly site?: string | undefined;
  /** What the job takes of the limits of the pool while it has this claim; absent in most. */
  readonly limits?: readonly Limit[] | undefined;
}

/** Counts of executions whose records were dropped, because a job that is tried for ever must not grow for ever. */
export interface ForgottenAttempts {
  readonly starts: number;
  readonly completions: number;
  /** What they took; absent in records of older versions. */
  readonly wallSeconds?: number | undefined;
}

/** What went wrong with a job so far, and until when it rests. A job that comes to an end of its own has none. */
export interface Trouble {
  /** Different pilots that were lost while the job ran on them, since it last came to an end of its own. */
  readonly losses: number;
  /** Tries in a row after which it had to run again. */
  readonly failures: number;
  /** Epoch milliseconds before which it is not tried again. */
  readonly retryAt: number;
}

/** Why a job is held, or was stopped: a number for programs, one of the job's own beside it, and words for people. */
export interface Hold {
  readonly code: number;
  readonly reason: string;
  /** Of the job's own choice; absent when it chose none, which HTCondor shows as 0. */
  readonly subcode?: number | undefined;
}

/** The holds of a job that was held at least once. */
export interface PastHolds {
  /** How many of them had which code. */
  readonly byCode: Readonly<Record<string, number>>;
  /** The newest that is over. */
  readonly last?: Hold | undefined;
  /** Why it was released, for as long as it has not been held again. */
  readonly released?: string | undefined;
  /** Why it was released the time before. */
  readonly releasedBefore?: string | undefined;
}

/** The executions of a job that were ended by its own policy so that it runs elsewhere. */
export interface Vacated extends Hold {
  /** Epoch milliseconds of the newest. */
  readonly at: number;
  readonly count: number;
}

/** A job in the queue. Only `apply` changes one. */
export interface Job {
  readonly cluster: Cluster;
  readonly proc: number;
  /** What differs from the cluster's ad. */
  readonly attributes: AdTexts;
  readonly inputs: readonly JobFile[];
  state: JobState;
  /** Epoch milliseconds since which it is in `state`. */
  enteredAt: number;
  /**
   * The right of a pilot to run it. It outlives Running: the claim of a job that was held or removed is *ending* until
   * its pilot says that the payload is dead, or is dead itself; until then nobody else may run the job.
   */
  claim: Claim | undefined;
  /** Executions so far; the epoch of the newest claim. */
  epoch: number;
  /** The newest record of the journal that this job holds the effect of; 0 in rows of older versions. */
  seq: number;
  /** The newest executions, oldest first. */
  attempts: readonly Attempt[];
  /** What is left of executions that are no longer in `attempts`. */
  forgotten: ForgottenAttempts;
  hold: Hold | undefined;
  removeReason: string | undefined;
  outputs: readonly JobFile[];
  stdout: StreamFile | undefined;
  stderr: StreamFile | undefined;
  /** Empty folders among the outputs; absent in most jobs, and so are the next two. */
  folders?: readonly string[] | undefined;
  /** What the newest execution left behind that did not come back. */
  left?: readonly LeftFile[] | undefined;
  /** What the newest execution that ended has used. */
  usage?: Usage | undefined;
  /** Absent in most jobs. */
  trouble?: Trouble | undefined;
  /** Absent in most jobs, and so are the next two. */
  holds?: PastHolds | undefined;
  vacated?: Vacated | undefined;
  /** It has ended and is still shown in the queue, for it asks to be. */
  stays?: true | undefined;
  /** `epoch` when it was last released: failures up to that one count no more. Absent in most jobs. */
  releasedEpoch?: number | undefined;
}

/** The executions by which a job is judged: those since it was last released. */
export const attemptsSinceRelease = ({
  attempts,
  releasedEpoch = 0,
}: Pick<Job, 'attempts' | 'releasedEpoch'>): readonly Attempt[] =>
  attempts.filter(({ epoch }) => epoch > releasedEpoch);

export const jobName = (job: Job): string => `${job.cluster.id}.${job.proc}`;

/** A job with a claim, running or ending. */
export type Claimed = Job & { readonly claim: Claim };

export const hasClaim = (job: Job): job is Claimed => job.claim !== undefined;

/**
 * Whether the pool is done with a job: it has ended, nothing of it can live any more, and it does not ask to be shown in the
 * queue.
 */
export const isOver = (job: Job): boolean =>
  isFinal(job.state) && job.claim === undefined && job.stays === undefined;

/** Whether a job may be given to a pilot. */
export const isWaiting = (job: Job): boolean => job.state === 'Idle' && job.claim === undefined;

/** Whether a job was given to a pilot before and waits for another. */
export const waitsAgain = (job: Job): boolean => job.state === 'Idle' && job.epoch > 0;
