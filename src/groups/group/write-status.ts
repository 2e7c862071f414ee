import type { GlideinGroupStatus, ReservedNumbers } from '#api/glidein-group-status.ts';
import type { Partially } from '#kube/client-types.ts';
import { isConflict } from '#kube/kube-error.ts';
import { type GroupResource, groups } from '../cluster/resources.ts';
import type { GroupMemory } from '../pilots/group-memory.ts';
import { nothingReserved } from '../pods/numbers.ts';
import { mergePatch } from '../status/merge-patch.ts';
import type { GroupContext } from './context.ts';

/**
 * Writes numbers as reserved, before the first pod of them is created. It fails when anybody wrote the group meanwhile:
 * then what is known of it is old.
 * @returns the group as it is now; undefined when somebody else wrote first
 */
export function writeReservation(
  context: GroupContext,
  reservedNumbers: ReservedNumbers,
): Promise<GroupResource | undefined> {
  return write(context, context.group, { reservedNumbers });
}

/**
 * Writes the whole status, if it differs and its pace allows; else it is owed.
 * @returns whether nobody else wrote first
 */
export async function writeStatus(
  context: GroupContext,
  group: GroupResource,
  status: GlideinGroupStatus,
): Promise<boolean> {
  const patch = mergePatch(group.status, status);
  if (patch === undefined || !context.parts.pace.allows(group.metadata.uid ?? '')) return true;
  return (await write(context, group, patch)) !== undefined;
}

async function write(
  { parts, memory, signal }: GroupContext,
  group: GroupResource,
  status: object,
): Promise<GroupResource | undefined> {
  const { resourceVersion } = group.metadata;
  const patch = { metadata: { resourceVersion }, status } as Partially<GroupResource>;
  const wasVerified = memory.verified === textOf(group);
  try {
    const written = await parts.client.mergePatchStatus<GroupResource>(groups, group.metadata, patch, signal);
    memory.written = written;
    parts.pace.wrote(group.metadata.uid ?? '');
    // Nobody wrote between, so what was known of the numbers before is known of them now.
    if (wasVerified) memory.verified = textOf(written);
    return written;
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

/** A group's reserved numbers, to be compared. */
export const textOf = (group: GroupResource): string =>
  JSON.stringify(group.status?.reservedNumbers ?? nothingReserved);

/** The newer of what the copy of the cluster shows and what this program wrote last. */
export function newest(cached: GroupResource, { written }: GroupMemory): GroupResource {
  if (written === undefined || written.metadata.uid !== cached.metadata.uid) return cached;
  return versionOf(written) > versionOf(cached) ? written : cached;
}

/** Versions of one resource are whole numbers that grow; the API promises it since Kubernetes 1.35. */
function versionOf({ metadata }: GroupResource): bigint {
  const text = metadata.resourceVersion ?? '';
  return /^[0-9]+$/.test(text) ? BigInt(text) : 0n;
}
