import type { GlideinGroupStatus, ReservedNumbers } from '#api/glidein-group-status.ts';
import type { PoolDemand } from '#fleet/pool-demand.ts';
import type { KubeClient } from '#kube/client.ts';
import type { Partially } from '#kube/client-types.ts';
import { isConflict } from '#kube/kube-error.ts';
import { type GroupResource, groups } from '../cluster/resources.ts';
import type { GroupMemory } from '../pilots/group-memory.ts';
import { mergePatch } from '../status/merge-patch.ts';
import type { WritePace } from '../status/write-pace.ts';

export interface WriteServices {
  readonly client: Pick<KubeClient, 'mergePatchStatus'>;
  readonly pace: WritePace;
}

type WriteMemory = Pick<GroupMemory, 'written' | 'expectations'>;

/**
 * Writes numbers as reserved, before the first pod of them is created. It fails if anybody else has written the group in the
 * meantime: then what is known of it is old.
 * @returns the group as it is now; undefined when somebody else wrote first
 */
export function writeReservation(
  group: GroupResource,
  reservedNumbers: ReservedNumbers,
  memory: WriteMemory,
  services: WriteServices,
  signal: AbortSignal,
): Promise<GroupResource | undefined> {
  return write(group, { reservedNumbers }, memory, services, signal);
}

/**
 * Writes the whole status if it differs and the pace allows it; if not, it is owed.
 * @returns false if somebody else wrote first
 */
export async function writeStatus(
  group: GroupResource,
  status: GlideinGroupStatus,
  memory: WriteMemory,
  services: WriteServices,
  signal: AbortSignal,
): Promise<boolean> {
  const patch = mergePatch(group.status, status);
  if (patch === undefined || !services.pace.allows(group.metadata.uid ?? '')) return true;
  return (await write(group, patch, memory, services, signal)) !== undefined;
}

async function write(
  group: GroupResource,
  status: object,
  memory: WriteMemory,
  { client, pace }: WriteServices,
  signal: AbortSignal,
): Promise<GroupResource | undefined> {
  const { resourceVersion } = group.metadata;
  const patch = { metadata: { resourceVersion }, status } as Partially<GroupResource>;
  try {
    const written = await client.mergePatchStatus<GroupResource>(groups, group.metadata, patch, signal);
    memory.written = written;
    pace.wrote(group.metadata.uid ?? '');
    memory.expectations.rewrote(group.status?.reservedNumbers, written.status?.reservedNumbers);
    return written;
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

/** The newer of what the informer shows and what this program wrote last. */
export function newest(cached: GroupResource, written: GroupResource | undefined): GroupResource {
  if (written === undefined || written.metadata.uid !== cached.metadata.uid) return cached;
  return versionOf(written) > versionOf(cached) ? written : cached;
}

/** Versions of one resource are increasing whole numbers; the API guarantees it since Kubernetes 1.35. */
function versionOf({ metadata }: GroupResource): bigint {
  const text = metadata.resourceVersion ?? '';
  return /^[0-9]+$/.test(text) ? BigInt(text) : 0n;
}

/** Seconds within which a pool is expected to answer a new leader. */
const patience = 10;

/**
 * Right after a change of leaders no pool has said yet who is registered, and every pilot looks unregistered: what the
 * previous leader wrote of the group is closer to the truth than anything that could be written now.
 */
export const awaitsFirstAnswer = (group: GroupResource, demand: PoolDemand): boolean =>
  !demand.known &&
  demand.last === undefined &&
  demand.forSeconds < patience &&
  group.status?.observedGeneration === group.metadata.generation;
