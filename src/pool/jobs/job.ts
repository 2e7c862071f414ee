import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Checkpoint } from '#wire/checkpoint.ts';
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
  /** No proc has anything of its own, so no differences are stored; absent in most clusters, and in those of older versions. */
  readonly plain?: true | undefined;
  /** Why the record of the submission cannot be read; the cluster's jobs are then held, even after a release. */
  readonly fault?: string | undefined;
}

/** The right of one pilot to run one job. */
export interface Claim {
  readonly ref: ClaimRef;
  readonly pilotUid: string;
  readonly takes: Resources;
  /** The pilot's site; absent in records of older versions. */
  readonly site?: string | undefined;
  /** How much of the pool's concurrency limits the claim takes; absent in most. */
  readonly limits?: readonly Limit[] | undefined;
  /** The name that its use is charged to; absent if that is the owner without a group, and in records of older versions. */
  readonly submitter?: string | undefined;
}

/** Totals of executions whose records were dropped: a job that is retried without end must not grow without end. */
export interface ForgottenAttempts {
  readonly starts: number;
  readonly completions: number;
  /** How long they ran; absent in records of older versions. */
  readonly wallSeconds?: number | undefined;
}

/** What has gone wrong with a job so far, and until when it backs off. Absent once its payload ends by itself. */
export interface Trouble {
  /** Different pilots that were lost while the job ran on them, since its payload last ended by itself. */
  readonly losses: number;
  /** Tries in a row after which it had to run again. */
  readonly failures: number;
  /** Epoch milliseconds; it is not tried again before. */
  readonly retryAt: number;
}

/** Why a job is held, or was stopped: HTCondor's code and the job's own subcode for programs, and a reason for people. */
export interface Hold {
  readonly code: number;
  readonly reason: string;
  /** Chosen by the job itself; absent if it chose none, which HTCondor shows as 0. */
  readonly subcode?: number | undefined;
}

/** The history of a job that was held at least once. */
export interface PastHolds {
  /** How often it was held with each code. */
  readonly byCode: Readonly<Record<string, number>>;
  /** The latest hold that is over. */
  readonly last?: Hold | undefined;
  /** Why it was last released, unless it has been held again since. */
  readonly released?: string | undefined;
  /** Why it was released the time before. */
  readonly releasedBefore?: string | undefined;
}

/** Executions after which the job's own policy let it run again: those that it ended, and those that used too much memory. */
export interface Vacated extends Hold {
  /** When the latest was ended, in epoch milliseconds. */
  readonly at: number;
  readonly count: number;
}

/** A job in the queue. Only `apply` changes one. */
export interface Job {
  readonly cluster: Cluster;
  readonly proc: number;
  /** The attributes in which it differs from its cluster's ad; a try that ran out of memory may change some. */
  attributes: AdTexts;
  readonly inputs: readonly JobFile[];
  state: JobState;
  /** When it entered `state`, in epoch milliseconds. */
  enteredAt: number;
  /**
   * The right of a pilot to run it.
   *
   * **Gotchas.** It outlives Running: the claim of a job that was held, removed or vacated is *ending* until its pilot says that
   * the payload is dead, or until the pilot itself is dead. Until then nobody else may run the job. Ask {@link isWaiting}, and
   * not `state`, whether a job can be matched.
   */
  claim: Claim | undefined;
  /** Executions so far; the epoch of the newest claim. */
  epoch: number;
  /** The newest journal record whose effect this job includes; 0 in rows of older versions. */
  seq: number;
  /** The newest executions, oldest first. */
  attempts: readonly Attempt[];
  /** Totals of the executions that are no longer in `attempts`. */
  forgotten: ForgottenAttempts;
  hold: Hold | undefined;
  removeReason: string | undefined;
  outputs: readonly JobFile[];
  stdout: StreamFile | undefined;
  stderr: StreamFile | undefined;
  /** Empty folders among the outputs; absent in most jobs, and so are the next two. */
  folders?: readonly string[] | undefined;
  /** Files of the newest execution that did not come back. */
  left?: readonly LeftFile[] | undefined;
  /** What it has saved of its work; once it has ended, only the number of the last one is left. Absent in most jobs. */
  checkpoint?: Checkpoint | undefined;
  /** What the latest finished execution used. */
  usage?: Usage | undefined;
  /** Absent in most jobs. */
  trouble?: Trouble | undefined;
  /** Absent in most jobs, and so are the next two. */
  holds?: PastHolds | undefined;
  vacated?: Vacated | undefined;
  /** It has ended and stays visible in the queue, because it asks to (`leave_in_queue`). */
  stays?: true | undefined;
  /** Why its differences from its cluster cannot be read; it is then held, even after a release. Absent in most jobs. */
  readonly fault?: string | undefined;
  /** The JobPrio that it was given after its submission. Absent in most jobs. */
  priority?: number | undefined;
  /** The `epoch` at which it was last released: failures up to then no longer count. Absent in most jobs. */
  releasedEpoch?: number | undefined;
}

export const jobName = (job: Job): string => `${job.cluster.id}.${job.proc}`;

/** A job with a claim, running or ending. */
export type Claimed = Job & { readonly claim: Claim };

export const hasClaim = (job: Job): job is Claimed => job.claim !== undefined;

/**
 * Whether the pool is done with a job: it has ended, no process of it can be alive, and it does not ask to stay in the
 * queue.
 */
export const isOver = (job: Job): boolean =>
  isFinal(job.state) && job.claim === undefined && job.stays === undefined;

/** Whether a job may be matched. */
export const isWaiting = (job: Job): boolean => job.state === 'Idle' && job.claim === undefined;

/** Whether an idle job has been given to a pilot before. */
export const waitsAgain = (job: Job): boolean => job.state === 'Idle' && job.epoch > 0;

/** Whether nothing has happened to a job yet. */
export const isPristine = ({ epoch, hold, holds: past }: Job): boolean =>
  epoch === 0 && hold === undefined && past === undefined;
