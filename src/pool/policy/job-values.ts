import { poolAttributes } from '#submit/attributes/pool-attributes.ts';
import { isCompletion } from '../jobs/completion.ts';
import type { Job } from '../jobs/job.ts';

/** A value that tells jobs of one cluster apart; equal values mean equal attributes. */
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

/** What policies read most of what the pool writes, by attribute in lower case: a look at it makes no ad. */
const common: Readonly<Record<string, (job: Job) => JobValue>> = {
  jobstatus: ({ state }) => state,
  enteredcurrentstatus: ({ enteredAt }) => seconds(enteredAt),
  procid: ({ proc }) => proc,
  // The rest of it is the same for all jobs of a cluster.
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

/** The same for all jobs of a cluster. */
const shared: ReadonlySet<string> = new Set(['clusterid', 'qdate', 'owner', 'user']);

/** How to get this attribute of a job cheaply; undefined when all jobs of a cluster share it. */
export const valueReader = (name: string): ((job: Job) => JobValue) | undefined => common[name];

/** What a job used comes from the pilot; a submit file may say it beforehand. */
const used: ReadonlySet<string> = new Set(['remoteusercpu', 'memoryusage', 'residentsetsize', 'diskusage']);

/** Whether the pool writes an attribute of which only the whole ad of a job that has run or was held tells the value. */
export const isRare = (name: string): boolean =>
  (poolAttributes.has(name) || used.has(name)) && common[name] === undefined && !shared.has(name);

/** A job that nothing has happened to yet: it has none of the rare attributes. */
export const isPristine = ({ epoch, hold, holds: past }: Job): boolean =>
  epoch === 0 && hold === undefined && past === undefined;
