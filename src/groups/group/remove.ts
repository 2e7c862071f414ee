import { isConflict, isNotFound } from '#kube/kube-error.ts';
import { pods } from '#kube/resource.ts';
import { type GroupContext, labelsOf } from './context.ts';
import { tellFailure } from './events.ts';
import { isStillRight, type Removal } from './removals.ts';

/** Deletes pods, each by its uid: a namesake that came later stays. */
export async function removePods(context: GroupContext, removals: readonly Removal[]): Promise<void> {
  const { parts, memory, logger, signal } = context;
  for (const removal of removals) {
    if (!isStillRight(removal)) continue;
    const { pilot, reason, failed, byForce } = removal;
    const options = { uid: pilot.uid, ...(byForce ? { gracePeriodSeconds: 0 } : {}) };
    try {
      await parts.client.delete(pods, pilot.pod.metadata, options, signal);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
    logger.info({ pilot: pilot.name, reason, byForce }, 'pod deleted');
    if (!failed || memory.counted.has(pilot.uid)) continue;
    memory.counted.add(pilot.uid);
    memory.outcomes.add({ at: parts.clock.monotonic(), failed: true });
    memory.lastFailure = `${pilot.name}: ${reason}`;
    tellFailure(context, memory.lastFailure);
    parts.groupMetrics.failed(labelsOf(context));
  }
}
