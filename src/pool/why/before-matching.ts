import type { Clock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { formatDuration } from '#base/duration.ts';
import type { Collector } from '../collector/collector.ts';
import type { Claimed, Job } from '../jobs/job.ts';
import { backoffOf, isSuspect } from '../jobs/trouble.ts';
import type { Materialization, MaterializeLimits } from '../negotiator/materialization.ts';
import { unknownPilots } from '../queue/fence.ts';
import { hasMemoryForJob, type MemoryShares } from '../queue/memory.ts';
import type { Queue } from '../queue/queue.ts';
import type { Cause } from './cause.ts';

export interface BeforeMatching {
  readonly memory: MemoryShares;
  readonly queue: Pick<Queue, 'fresh' | 'bytes' | 'bytesOf' | 'ownJobsOfOwner'>;
  readonly materialization: Pick<Materialization, 'keepsBack'>;
  readonly volume: { readonly state: { readonly state: string; readonly message: string } };
  readonly clock: Clock;
}

/** What keeps an idle job from being matched with any slot at all; undefined if nothing does. */
export const beforeMatching = (options: BeforeMatching, job: Job): Cause | undefined =>
  backingOff(job, options.clock.wall()) ??
  keptBack(options, job) ??
  memoryIsFull(options, job) ??
  diskIsFull(options);

/** Why a job whose former execution is still being ended is not matched. */
export function itsFormerEnds({ collector }: { readonly collector: Collector }, job: Claimed): string {
  if (job.claim.pilotUid === unknownPilots)
    return 'The pool was restored from a backup, and a pilot that it does not know of may still run this job: it waits until such pilots have lost their leases.';
  const pilot = job.attempts.at(-1)?.pilot ?? job.claim.pilotUid;
  const connected = collector.get(job.claim.pilotUid)?.connection !== undefined;
  const until = connected
    ? 'the pilot says that its last process is dead'
    : 'the pilot, which is not connected now, comes back or its lease ends';
  return `Its former execution on pilot ${pilot} is still being ended: it waits until ${until}, because a job never runs twice at once.`;
}

/** Why a job that has lost pilots runs only where nothing else does. */
export const suspicion = ({ trouble }: Job): string =>
  `${count(trouble?.losses ?? 0, 'pilot')} were lost while it ran on them, so it runs only on a pilot that runs nothing else.`;

/** Said of a job whose last pilot reached the end of its life before the job had ended. */
export function outlived({ attempts }: Pick<Job, 'attempts'>): string | undefined {
  const outcome = attempts.at(-1)?.outcome;
  if (outcome?.kind !== 'stopped' || outcome.endOfLife === undefined) return undefined;
  const { lifeSeconds, ranSeconds } = outcome.endOfLife;
  return `Its last pilot reached the end of its life (${formatDuration(lifeSeconds * 1000)}) after the job had run for ${formatDuration(ranSeconds * 1000)}: let it save checkpoints, or divide its work, if it needs longer.`;
}

function backingOff(job: Job, now: number): Cause | undefined {
  const { trouble } = job;
  const left = backoffOf(job, now);
  if (trouble === undefined || left === 0) return undefined;
  const reason = job.attempts.at(-1)?.reason ?? 'no reason is known';
  const text = `it is backing off after ${count(trouble.failures, 'failed try', 'failed tries')} in a row and will be retried in ${formatDuration(left)}; the last try failed because ${reason}`;
  return { kind: 'backoff', text: isSuspect(job) ? `${text}. ${suspicion(job)}` : text };
}

/** The limits of its cluster that keep a job back. */
function keptBack({ materialization, queue }: BeforeMatching, job: Job): Cause | undefined {
  const limits = materialization.keepsBack(job, queue.fresh(job.cluster.id));
  if (limits === undefined) return undefined;
  return {
    kind: 'maxIdle',
    text: `its cluster has ${limitsInWords(limits)}, so it is tried once fewer of the jobs before it are in the queue`,
  };
}

const limitsInWords = ({ notRunning, all }: MaterializeLimits): string =>
  Object.entries({ max_idle: notRunning, max_materialize: all })
    .filter(([, most]) => Number.isFinite(most))
    .map(([command, most]) => `${command} = ${most}`)
    .join(' and ');

function memoryIsFull({ queue, memory }: BeforeMatching, { cluster, proc }: Job): Cause | undefined {
  const isFresh = queue.fresh(cluster.id)?.procs.has(proc) === true;
  if (!isFresh || hasMemoryForJob(memory, queue, cluster.owner)) return undefined;
  return {
    kind: 'poolMemory',
    text: `the jobs of ${cluster.owner} that run, wait again or are held fill the memory that this pool has for one owner: it waits until some of them have left the queue`,
  };
}

function diskIsFull({ volume }: BeforeMatching): Cause | undefined {
  if (volume.state.state !== 'Full') return undefined;
  return {
    kind: 'poolDisk',
    text: `the disk of the pool is full, so it starts no jobs: remove jobs with outputs that nobody needs, or ask the operator of the pool for room`,
  };
}
