import type { Pod } from '#kube/resource.ts';
import { containerOf } from './state.ts';

/** Words with which the cluster says that it took the pod away itself: no fault of the pilot's. */
const clusterReasons = new Set([
  'Evicted',
  'Preempting',
  'Preempted',
  'NodeShutdown',
  'Shutdown',
  'Terminated',
  'NodeLost',
  'NodeAffinity',
  'UnexpectedAdmissionError',
  'ContainerStatusUnknown',
]);

/** Whether a pod that failed was taken away by its cluster or node. */
export function wasDisrupted(pod: Pod): boolean {
  const { reason, conditions } = pod.status ?? {};
  if (reason !== undefined && (clusterReasons.has(reason) || reason.startsWith('OutOf'))) return true;
  if (conditions?.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True')) return true;
  return clusterReasons.has(containerOf(pod)?.state?.terminated?.reason ?? '');
}

/**
 * The kubelet's word that the pilot's processes are dead. A Pod object that is gone, or a phase that the control plane
 * wrote by itself, proves nothing: the node may only be out of reach.
 */
export function proofOfDeath(pod: Pod): string | undefined {
  const terminated = containerOf(pod)?.state?.terminated;
  if (terminated === undefined) return undefined;
  return `the kubelet says that its container has ended (exit code ${terminated.exitCode})`;
}
