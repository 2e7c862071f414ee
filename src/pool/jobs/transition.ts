import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Checkpoint } from '#wire/checkpoint.ts';
import type { ClaimRef, Resources } from '#wire/claim.ts';
import type { JobFile, LeftFile, StreamFile } from '#wire/file.ts';
import type { Outcome, Usage } from '#wire/outcome.ts';
import type { Hold, Trouble } from './job.ts';
import type { PackedProcs } from './packed-procs.ts';

/** A job as the journal names it. */
export interface JobKey {
  readonly cluster: number;
  /** `freshProcs` (-1): all procs of the cluster to which nothing has happened yet. */
  readonly proc: number;
}

/** Where an ended execution leaves its job. */
export type Next =
  | {
      readonly state: 'Completed';
      /** The job asks to stay visible in the queue after its end. */
      readonly stays?: true | undefined;
    }
  | {
      readonly state: 'Idle';
      readonly reason: string;
      readonly trouble?: Trouble | undefined;
      /** It would have been held for this, had its own transform not changed what it asks for. */
      readonly vacated?: Hold | undefined;
      /** The attributes that the transform set. */
      readonly sets?: AdTexts | undefined;
    }
  | ({ readonly state: 'Held' } & Hold);

/** How one execution ended, and what it left. */
export interface Result {
  readonly outcome: Outcome;
  readonly startedAt?: number | undefined;
  readonly endedAt: number;
  readonly usage: Usage;
  readonly outputs: readonly JobFile[];
  readonly stdout?: StreamFile | undefined;
  readonly stderr?: StreamFile | undefined;
  readonly folders?: readonly string[] | undefined;
  readonly left?: readonly LeftFile[] | undefined;
}

/** What a replay knows about a submission beyond its record. */
export interface ReplayedSubmit {
  /** Procs that the history has already. */
  readonly ended?: readonly number[];
  /** The record is of an older version: what its procs have of their own is stored nowhere else, so each is a job of its own. */
  readonly isWhole?: boolean;
  /** Why the record cannot be read: the jobs are held for this reason. */
  readonly fault?: string;
}

/**
 * Everything that can happen to a job: these are the records of the journal. Each is self-contained, so replaying the journal
 * needs no clock and makes no decisions. `at` is epoch milliseconds.
 */
export type Transition =
  | {
      readonly type: 'submit';
      readonly at: number;
      readonly cluster: number;
      readonly key: string;
      readonly owner: string;
      readonly ad: AdTexts;
      /** The journal has only their number: their differences are stored beside it. */
      readonly procs: PackedProcs;
      readonly hold?: string;
      /** Set only by a replay, and never written. */
      readonly replayed?: ReplayedSubmit;
    }
  | {
      readonly type: 'claim';
      readonly at: number;
      readonly job: JobKey;
      readonly claim: ClaimRef;
      readonly pilot: {
        readonly uid: string;
        readonly name: string;
        readonly group: string;
        readonly site?: string;
      };
      readonly takes: Resources;
      /** How much of the pool's concurrency limits the job takes; absent if nothing. */
      readonly limits?: readonly Limit[];
      /** The name that its use is charged to; absent if that is the owner without a group. */
      readonly submitter?: string;
    }
  | { readonly type: 'start'; readonly at: number; readonly job: JobKey; readonly epoch: number }
  | {
      readonly type: 'end';
      readonly at: number;
      readonly job: JobKey;
      readonly epoch: number;
      readonly result: Result;
      readonly next: Next;
    }
  /** The job has saved its work. */
  | {
      readonly type: 'checkpoint';
      readonly at: number;
      readonly job: JobKey;
      readonly epoch: number;
      readonly checkpoint: Checkpoint;
    }
  /** The pilot is proven dead, or silent for longer than its lease. */
  | {
      readonly type: 'lost';
      readonly at: number;
      readonly job: JobKey;
      readonly epoch: number;
      readonly reason: string;
      /** The job's troubles so far, this loss included; absent in records of older versions. */
      readonly trouble?: Trouble | undefined;
      /** Too many pilots were lost under it. */
      readonly hold?: Hold;
    }
  /**
   * The payload of a job that was held, removed or vacated while it ran is dead. Its result, if there is one, is kept with its
   * attempt; the state of the job does not change.
   */
  | {
      readonly type: 'over';
      readonly at: number;
      readonly job: JobKey;
      readonly epoch: number;
      readonly result?: Result;
    }
  /**
   * An older copy of the database was put back. Whatever it says, any of its jobs may be running on a pilot that it does not
   * know, so none may start elsewhere before the leases of such pilots have expired.
   */
  | { readonly type: 'restored'; readonly at: number; readonly seq: number }
  /** A result that came after its claim was over: it is kept with its attempt and changes nothing else. */
  | {
      readonly type: 'late';
      readonly at: number;
      readonly job: JobKey;
      readonly epoch: number;
      readonly outcome: Outcome;
    }
  | {
      readonly type: 'remove';
      readonly at: number;
      readonly job: JobKey;
      readonly reason: string;
      /** The job asks to stay visible in the queue after its end. */
      readonly stays?: true | undefined;
    }
  | ({ readonly type: 'hold'; readonly at: number; readonly job: JobKey } & Hold)
  /** A running job is stopped and queued again. */
  | ({ readonly type: 'vacate'; readonly at: number; readonly job: JobKey } & Hold)
  /** An ended job that had asked to stay in the queue moves to the history. */
  | { readonly type: 'leave'; readonly at: number; readonly job: JobKey }
  | { readonly type: 'release'; readonly at: number; readonly job: JobKey; readonly reason: string }
  /** Its owner gives it another JobPrio. */
  | { readonly type: 'prio'; readonly at: number; readonly job: JobKey; readonly priority: number };
