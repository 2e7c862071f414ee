import type { PoolCounts } from '#backend/pool-counts.ts';
import { describeError } from '#base/error.ts';
import { formatBytes } from '#base/quantity.ts';
import { KubeError } from '#kube/kube-error.ts';
import { type PoolNames, poolNames } from '../cluster/names.ts';
import type { PoolResource } from '../cluster/resources.ts';
import type { Finding } from '../status/conditions.ts';

/** Without an answer nobody may conclude that nothing waits. */
export const demandKnown = (status: Finding['status'], reason: string, message: string): Finding => ({
  type: 'DemandKnown',
  status,
  reason,
  message,
});

/** For a pool that cannot be asked, with the reason why it is not ready. */
export const demandUnknown = ({ reason, message }: Finding): Finding => demandKnown('False', reason, message);

/**
 * The longest name of a StatefulSet that can have pods: they carry it and a hash of eleven characters as a label, which may
 * have at most 63.
 */
const longestStatefulSet = 52;

/** Why nothing can be created for a resource of this name; undefined if something can. */
export function nameTooLong(pool: PoolResource): Finding | undefined {
  const { statefulSet } = poolNames({ namespace: '', name: pool.metadata.name });
  if (statefulSet.length <= longestStatefulSet) return undefined;
  const most = longestStatefulSet - (statefulSet.length - pool.metadata.name.length);
  return notReady(
    'NameTooLong',
    `the name is too long for the objects named after it; use at most ${most} characters`,
  );
}

/** Why a pool could not be made. */
export const cannotBeMade = (error: unknown): Finding =>
  notReady(error instanceof KubeError ? 'RefusedByCluster' : 'CannotBeMade', describeError(error));

/** Why a pool accepts no new jobs although it answers; undefined while its volume has space. */
export function noSpace(
  { state, freeBytes }: Pick<PoolCounts, 'state' | 'freeBytes'>,
  { claim }: Pick<PoolNames, 'claim'>,
): Finding | undefined {
  if (state === undefined || state === 'Serving') return undefined;
  const free = freeBytes === undefined ? '' : `, ${formatBytes(freeBytes)} are free`;
  const what = state === 'Full' ? 'nothing more can be recorded' : 'no new jobs and files are taken';
  return notReady(
    'NoSpace',
    `the volume of the pool is full${free}: ${what}; remove jobs that nobody needs, or enlarge the claim ${claim}`,
  );
}

const notReady = (reason: string, message: string): Finding => ({
  type: 'Ready',
  status: 'False',
  reason,
  message,
});

/** @param drift how the volume differs from what is wanted, in words; undefined when it does not */
export function storageAsWanted(drift: string | undefined): Finding {
  const type = 'StorageAsWanted';
  if (drift === undefined)
    return { type, status: 'True', reason: 'AsWanted', message: 'the volume is as wanted' };
  const message = `${drift}; volumes are not changed automatically: enlarge the claim and delete the StatefulSet with --cascade=orphan, or write the values that it was made with`;
  return { type, status: 'False', reason: 'CannotChange', message };
}
