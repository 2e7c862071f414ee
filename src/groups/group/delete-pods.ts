import { isConflict, isNotFound } from '#kube/kube-error.ts';
import { pods } from '#kube/resource.ts';
import { type GroupContext, labelsOf } from './context.ts';
import { tellFailure } from './events.ts';
import { isStillRight, type Removal } from './remove.ts';

/**
 * Deletes pods, each as it was looked at: a namesake that came later stays, and so does one of which the copy of the
 * cluster does not have the newest yet. That one is looked at again.
 */
export async function removePods(context: GroupContext, removals: readonly Removal[]): Promise<void> {
  const { memory, parts, logger } = context;
  for (const removal of removals) {
    if (!isStillRight(removal) || !(await deletePod(context, removal))) continue;
    const { pilot, reason, failed, byForce } = removal;
    logger.info({ pilot: pilot.name, reason, byForce }, 'pod deleted');
    if (!failed || memory.counted.has(pilot.uid)) continue;
    memory.counted.add(pilot.uid);
    memory.outcomes.add({ at: parts.clock.monotonic(), failed: true });
    memory.lastFailure = `${pilot.name}: ${reason}`;
    tellFailure(context, memory.lastFailure);
    parts.groupMetrics.failed(labelsOf(context));
  }
}

/** @returns whether it is gone, or going */
async function deletePod(
  { parts, signal }: GroupContext,
  { pilot: { uid, pod }, byForce }: Removal,
): Promise<boolean> {
  const { resourceVersion = '' } = pod.metadata;
  const options = { uid, resourceVersion, ...(byForce ? { gracePeriodSeconds: 0 } : {}) };
  try {
    await parts.client.delete(pods, pod.metadata, options, signal);
  } catch (error) {
    if (isConflict(error)) return false;
    if (!isNotFound(error)) throw error;
  }
  return true;
}
