import type { JobKey } from './transition.ts';

/** The id of a claim: the job's name and the number of the execution, so that no job has the same one twice. */
export const claimId = ({ cluster, proc }: JobKey, epoch: number): string => `${cluster}.${proc}.${epoch}`;

/** The id of the claim that fences a job after the pool was restored from a backup. */
export const restoredClaimId = ({ cluster, proc }: JobKey): string => `restored.${cluster}.${proc}`;

/** The job that a claim is for. */
export function jobOfClaim(id: string): JobKey | undefined {
  const [, cluster, proc] = /^(?:restored\.)?(\d+)\.(-?\d+)/.exec(id) ?? [];
  return cluster === undefined || proc === undefined
    ? undefined
    : { cluster: Number(cluster), proc: Number(proc) };
}
