import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { isConflict, isNotFound } from '#kube/kube-error.ts';
import { pods } from '#kube/resource.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { PilotHistory } from '../pilots/history.ts';
import { labelsOf } from './current-group.ts';
import { type GroupRecorder, tellFailure } from './events.ts';
import type { GroupMetrics } from './metrics.ts';
import { isStillRight, type Removal } from './remove.ts';

export interface DeleteServices {
  readonly client: Pick<KubeClient, 'delete'>;
  readonly clock: Clock;
  readonly recorder: GroupRecorder;
  readonly groupMetrics: Pick<GroupMetrics, 'failed'>;
  readonly logger: Logger;
}

/**
 * Deletes pods, each exactly as it was observed: a later pod of the same name stays, and so does one that has changed
 * since. That one is reconciled again.
 */
export async function deletePods(
  group: GroupResource,
  removals: readonly Removal[],
  history: PilotHistory,
  { client, clock, recorder, groupMetrics, logger }: DeleteServices,
  signal: AbortSignal,
): Promise<void> {
  for (const removal of removals) {
    if (!isStillRight(removal) || !(await deletePod(client, removal, signal))) continue;
    const { pilot, reason, failed, byForce } = removal;
    logger.info({ pilot: pilot.name, reason, byForce }, 'pod deleted');
    if (!failed || !history.count(pilot.uid, clock.monotonic(), true)) continue;
    history.lastFailure = `${pilot.name}: ${reason}`;
    tellFailure(recorder, group, history.lastFailure);
    groupMetrics.failed(labelsOf(group));
  }
}

/** @returns whether it is gone, or going */
async function deletePod(
  client: DeleteServices['client'],
  { pilot: { uid, pod }, byForce }: Removal,
  signal: AbortSignal,
): Promise<boolean> {
  const { resourceVersion = '' } = pod.metadata;
  const options = { uid, resourceVersion, ...(byForce ? { gracePeriodSeconds: 0 } : {}) };
  try {
    await client.delete(pods, pod.metadata, options, signal);
  } catch (error) {
    if (isConflict(error)) return false;
    if (!isNotFound(error)) throw error;
  }
  return true;
}
