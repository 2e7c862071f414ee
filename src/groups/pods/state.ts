import type { RuntimeState } from '#fleet/phase.ts';
import type { Pod } from '#kube/resource.ts';
import { endReason } from './end.ts';
import { type ContainerStatus, containerOf } from './pilot-pods.ts';

/** The state of what runs in a pod, and since when. */
export interface PodState {
  readonly runtime: RuntimeState;
  /** Wall time, milliseconds; undefined while a queue such as Kueue holds the pod back, so that no deadline runs. */
  readonly since: number | undefined;
}

/**
 * The state of a pod, as the kubelet and the scheduler report it:
 *
 * | the pod                                              | runtime     | since                    |
 * |------------------------------------------------------|-------------|--------------------------|
 * | its container has ended, or its phase says so        | Ended       | the end                  |
 * | has a deletion timestamp                             | Terminating | its grace is over        |
 * | its container runs                                   | Running     | the container's start    |
 * | has no node                                          | Unscheduled | its creation             |
 * | has a node, the image is there or was there          | Starting    | the node was found       |
 * | has a node                                           | Pulling     | the node was found       |
 *
 * **Gotchas.** All of this may be old: the kubelet reports late, or never when it has lost the API server. A pilot that
 * still looks like Pulling here may be running jobs; only its pool can tell.
 */
export function podState(pod: Pod): PodState {
  const { metadata } = pod;
  const container = containerOf(pod);
  if (hasEnded(pod, container)) return { runtime: endOf(pod, container), since: endedAt(pod, container) };
  if (metadata.deletionTimestamp !== undefined) {
    return { runtime: { state: 'Terminating' }, since: Date.parse(metadata.deletionTimestamp) };
  }
  const created = Date.parse(metadata.creationTimestamp ?? '');
  const running = container?.state?.running;
  if (running === undefined) return stateBeforeStart(pod, container, created);
  return { runtime: { state: 'Running' }, since: timeOf(running.startedAt, created) };
}

function stateBeforeStart(pod: Pod, container: ContainerStatus | undefined, created: number): PodState {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'True' && pod.spec?.nodeName === undefined) {
    return { runtime: { state: 'Unscheduled' }, since: isGated(pod) ? undefined : created };
  }
  const since = timeOf(scheduled?.lastTransitionTime, created);
  return { runtime: { state: hasImage(container) ? 'Starting' : 'Pulling' }, since };
}

/** A queue such as Kueue has not admitted it yet. */
const isGated = (pod: Pod): boolean => (pod.spec?.schedulingGates?.length ?? 0) > 0;

function hasEnded(pod: Pod, container: ContainerStatus | undefined): boolean {
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed' || container?.state?.terminated !== undefined;
}

function endOf(pod: Pod, container: ContainerStatus | undefined): RuntimeState {
  const terminated = container?.state?.terminated;
  const wasTold = pod.metadata.deletionTimestamp !== undefined;
  const failed = !wasTold && (terminated === undefined || terminated.exitCode !== 0);
  return { state: 'Ended', failed: failed && pod.status?.phase !== 'Succeeded', reason: endReason(pod) };
}

function endedAt(pod: Pod, container: ContainerStatus | undefined): number {
  const finished = container?.state?.terminated?.finishedAt;
  const scheduled =
    pod.status?.conditions?.map(({ lastTransitionTime }) => timeOf(lastTransitionTime, 0)) ?? [];
  return timeOf(finished, Math.max(Date.parse(pod.metadata.creationTimestamp ?? ''), ...scheduled));
}

/** Errors of creating a container come after its image is there. */
const afterImage = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']);

function hasImage(container: ContainerStatus | undefined): boolean {
  if (container === undefined) return false;
  return (container.imageID ?? '') !== '' || afterImage.has(container.state?.waiting?.reason ?? '');
}

function timeOf(text: string | undefined, otherwise: number): number {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? otherwise : time;
}
