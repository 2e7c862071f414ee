import type { AuditRecord } from '#wire/audit.ts';
import type { JobEvent } from '#wire/events.ts';
import type { JobView } from '#wire/jobs.ts';

/** What a pool shows at the end of a run, when nothing changes any more. */
export interface PoolState {
  /** The jobs of the queue, and those of the history, as often as they are listed. */
  readonly queue: readonly JobView[];
  readonly history: readonly JobView[];
  /** Everybody's events, in order. */
  readonly events: readonly JobEvent[];
  /** Who did what, in order. */
  readonly audit: readonly AuditRecord[];
  /** Digests of the files that could be read, and had the right content. */
  readonly files: ReadonlySet<string>;
  /** By key: the cluster with which the pool answers when a submission is repeated. */
  readonly repeated: ReadonlyMap<string, number>;
}

/** The attribute with which every submission carries its key. */
export const keyAttribute = 'CrashKey';

/** A job's JobStatus. */
export const statusOf = ({ ad }: JobView): string => ad.JobStatus ?? '';

/** HTCondor's numbers. */
export const status = { Idle: '1', Running: '2', Removed: '3', Completed: '4', Held: '5' } as const;

/** The number of a job's cluster. */
export const clusterOf = (job: string): number => Number(job.split('.')[0]);

/** Jobs by name; the last one counts if a job is listed twice. */
export const byName = ({ queue, history }: Pick<PoolState, 'queue' | 'history'>): Map<string, JobView> =>
  new Map([...queue, ...history].map((view) => [view.id, view]));
