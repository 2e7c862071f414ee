import { poolAttributes } from '#submit/attributes/pool-attributes.ts';
import { isCompletion } from '../jobs/attempts.ts';
import type { Job } from '../jobs/job.ts';

/** A value in which jobs of one cluster may differ; equal values mean equal attributes. */
export type JobValue = string | number | undefined;

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000);

function starts({ attempts, forgotten }: Job): number {
  let count = forgotten.starts;
  for (const { startedAt } of attempts) if (startedAt !== undefined) count += 1;
  return count;
}

function completions({ attempts, forgotten }: Job): number {
  let count = forgotten.completions;
  for (const { outcome } of attempts) if (isCompletion(outcome)) count += 1;
  return count;
}

const currentStart = ({ attempts }: Job): JobValue => seconds(attempts.at(-1)?.startedAt);

function holds({ holds: past, hold }: Job): number {
  if (past === undefined) return hold === undefined ? 0 : 1;
  let count = 0;
  for (const code in past.byCode) count += past.byCode[code] ?? 0;
  return count;
}

/** The attributes set by the pool that policies read most often, in lower case. Reading these values builds no ad. */
const common: Readonly<Record<string, (job: Job) => JobValue>> = {
  jobstatus: ({ state }) => state,
  enteredcurrentstatus: ({ enteredAt }) => seconds(enteredAt),
  procid: ({ proc }) => proc,
  // Its other parts are the same for all jobs of a cluster.
  globaljobid: ({ proc }) => proc,
  numjobstarts: starts,
  numjobcompletions: completions,
  numshadowstarts: ({ epoch }) => epoch,
  jobruncount: ({ epoch }) => epoch,
  numholds: holds,
  holdreasoncode: ({ hold }) => hold?.code,
  removereason: ({ removeReason }) => removeReason,
  holdreasonsubcode: ({ hold }) => hold && (hold.subcode ?? 0),
  jobcurrentstartdate: currentStart,
  jobcurrentstartexecutingdate: currentStart,
  shadowbday: ({ attempts, state }) =>
    state === 'Running' ? seconds(attempts.at(-1)?.claimedAt) : undefined,
};

/** Attributes set by the pool that are the same for all jobs of a cluster. */
const shared: ReadonlySet<string> = new Set(['clusterid', 'qdate', 'owner', 'user']);

/** Reads this attribute of a job cheaply; undefined if there is no cheap way, or if all jobs of a cluster share it. */
export const valueReader = (name: string): ((job: Job) => JobValue) | undefined => common[name];

/** Usage comes from the pilot; before a job has run, a submit file may set these attributes. */
const used: ReadonlySet<string> = new Set(['remoteusercpu', 'memoryusage', 'residentsetsize', 'diskusage']);

/** Whether the pool sets this attribute only in jobs that have run or were held, and only their whole ad has its value. */
export const isRare = (name: string): boolean =>
  (poolAttributes.has(name) || used.has(name)) && common[name] === undefined && !shared.has(name);
