import type { Pod } from '#kube/resource.ts';
import { type ContainerStatus, containerOf } from './pilot-pods.ts';

/** Why a pod has ended: what the cluster says of the pod, else what the pilot said last, else its exit code. */
export function endReason(pod: Pod): string {
  const { reason, message } = pod.status ?? {};
  if (reason !== undefined) return message === undefined ? reason : `${reason}: ${message.trim()}`;
  const terminated = containerOf(pod)?.state?.terminated;
  return terminated === undefined ? 'no reason was given' : terminationMessage(terminated);
}

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** Reasons that add nothing to the exit code. */
const plain = new Set(['Error', 'Completed', '']);

function terminationMessage({ reason = '', exitCode, message = '' }: Terminated): string {
  const words = message.trim();
  const code = exitCode === 0 ? '' : `exit code ${exitCode}`;
  const facts = [plain.has(reason) ? '' : reason, code].filter((fact) => fact !== '').join(', ');
  if (words === '') return facts === '' ? 'it left' : facts;
  return facts === '' ? words : `${words} (${facts})`;
}

/** Reasons that mean that the cluster itself took the pod away: not the pilot's fault. */
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
 * wrote by itself, proves nothing: the node may merely be unreachable.
 *
 * **Gotchas.** When a node is lost, the control plane sets the phase Failed and later deletes the pod although its
 * processes may run on. A pod that is deleted by force leaves no proof at all: its jobs wait for their lease.
 */
export function proofOfDeath(pod: Pod): string | undefined {
  const terminated = containerOf(pod)?.state?.terminated;
  if (terminated === undefined) return undefined;
  return `the kubelet says that its container has ended (exit code ${terminated.exitCode})`;
}
