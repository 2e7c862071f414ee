import { type ClaimRef, claimKey } from '#wire/claim.ts';
import type { JobEvent } from '#wire/events.ts';
import type { JobFile } from '#wire/file.ts';
import type { JobAction, JobActionAnswer } from '#wire/jobs.ts';
import type { Outcome } from '#wire/outcome.ts';

/** What a submitter asked for under one key, and every answer that it got. */
export interface Submission {
  readonly key: string;
  readonly owner: string;
  /** The `Arguments` of each proc, as text of a ClassAd expression. */
  readonly procs: readonly string[];
  /** Whether it names an event log, so that every change of its jobs causes an event. */
  readonly hasLog: boolean;
  /** Whether its jobs are held from the beginning. */
  readonly onHold: boolean;
  /** The cluster numbers with which it was acknowledged: never more than one. */
  readonly clusters: Set<number>;
  /** Requests that got no answer: each may have been accepted. */
  unanswered: number;
  /** Requests that were refused. */
  refused: number;
}

/** One request to hold, release or remove. Times with `At` are monotonic milliseconds of the test's process. */
export interface Action {
  readonly action: Exclude<JobAction['action'], 'prioritize'>;
  /** `12.3` or `12`. */
  readonly target: string;
  readonly sentAt: number;
  /** Undefined: no answer came, so it may take effect at any time. */
  answeredAt?: number;
  /** Epoch milliseconds of the answer, to compare with times that the pool recorded. */
  answeredWall?: number;
  /** Undefined if it was refused as a whole, or got no answer. */
  answer?: JobActionAnswer;
  refused?: true;
}

/** One payload: from the moment at which a pilot began it until its last process was dead. */
export interface Execution {
  readonly job: string;
  readonly claim: ClaimRef;
  readonly pilot: string;
  readonly from: number;
  /** Undefined while it lives. */
  until?: number;
  /** What the pilot reports of it, again and again until it is recorded; undefined if the pilot died first. */
  result?: { readonly outcome: Outcome; readonly outputs: readonly JobFile[] };
  /** The pool has promised to remember the result. */
  recorded?: true;
}

/**
 * The checker's own record of a run: what each submitter was acknowledged, and what each pilot began, ended and was
 * acknowledged. Nothing in it comes from the pool's listings.
 */
export class Diary {
  readonly submissions: Submission[] = [];
  readonly actions: Action[] = [];
  readonly executions: Execution[] = [];
  /** Events that were read, as JSON, by sequence number. */
  readonly events = new Map<number, string>();
  /** By owner: the sequence number through which it has read all of its events. */
  readonly followed = new Map<string, number>();
  /** Jobs that a listing showed as ended, with their JobStatus. */
  readonly shownEnded = new Map<string, string>();
  /** Digests of files whose upload was acknowledged. */
  readonly files = new Set<string>();
  /** Answers that no pool should give. */
  readonly surprises: string[] = [];
  /** Procs of all submissions that were acknowledged. */
  acknowledged = 0;
  readonly #newest = new Map<string, Execution>();

  acknowledge(submission: Submission, cluster: number): void {
    if (submission.clusters.size === 0) this.acknowledged += submission.procs.length;
    submission.clusters.add(cluster);
  }

  begin(job: string, claim: ClaimRef, pilot: string): Execution {
    const earlier = this.#newest.get(claimKey(claim));
    if (earlier?.recorded)
      this.surprises.push(`${job}: the claim ${claim.id} was started after its end was recorded`);
    const execution: Execution = { job, claim, pilot, from: performance.now() };
    this.executions.push(execution);
    this.#newest.set(claimKey(claim), execution);
    return execution;
  }

  /** Sequence numbers never change their meaning. */
  read(owner: string, events: readonly JobEvent[], through: number): void {
    for (const event of events) {
      const text = JSON.stringify(event);
      const known = this.events.get(event.seq);
      if (known !== undefined && known !== text)
        this.surprises.push(`event ${event.seq} was ${known}, and is ${text}`);
      this.events.set(event.seq, text);
    }
    this.followed.set(owner, through);
  }
}
