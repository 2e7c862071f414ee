import { count } from '#base/count.ts';
import { truncate } from '#base/truncate.ts';
import type { Happening } from '#kube/event.ts';
import type { PersistentVolumeClaim, Pod } from '#kube/resource.ts';
import type { Finding } from '../status/conditions.ts';

/** What runs in the one pod of a StatefulSet. */
export interface ServingProgram {
  /** As sentences call it; its container has the same name. */
  readonly name: 'pool' | 'publisher';
  /** What it does between its start and its first answer. */
  readonly firstIt: string;
}

/** The parts of a workload that exist. */
export interface Workload {
  readonly program: ServingProgram;
  readonly names: { readonly pod: string; readonly statefulSet: string; readonly claim: string };
  readonly pod: Pod | undefined;
  /** Read only while the pod has no node. */
  readonly claim: PersistentVolumeClaim | undefined;
}

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

const pullErrors = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);

/** Whether the program serves, and if not, the first thing that prevents it. */
export function readiness(workload: Workload, now: number): Finding {
  const { pod, program } = workload;
  if (pod === undefined) return withoutPod(workload);
  if (pod.metadata.deletionTimestamp !== undefined)
    return no('Restarting', 'the pod is ending; a new one will follow');
  if (isTrue(pod, 'Ready')) return said('True', 'Serving', `the ${program.name} serves`);
  if (pod.spec?.nodeName === undefined) return unscheduled(workload, pod, now);
  const status = pod.status?.containerStatuses?.find(({ name }) => name === program.name);
  return status === undefined
    ? no('Starting', 'the pod has a node; its container is being created')
    : container(status, program);
}

function said(status: Finding['status'], reason: string, message: string): Finding {
  return { type: 'Ready', status, reason, message };
}

function no(reason: string, message: string): Finding {
  return said('False', reason, message);
}

const withoutPod = ({ names }: Workload) =>
  no(
    'NoPod',
    `there is no pod ${names.pod} yet; "kubectl describe statefulset ${names.statefulSet}" says why`,
  );

/** How long scheduling and provisioning a volume may take, milliseconds. */
const patience = 30_000;

function unscheduled({ claim, names }: Workload, pod: Pod, now: number): Finding {
  const why = conditionOf(pod, 'PodScheduled')?.message ?? 'no scheduler has looked at it yet';
  const age = now - Date.parse(pod.metadata.creationTimestamp ?? '');
  // A claim may also wait for the pod (WaitForFirstConsumer), and the pod for a node.
  if (claim?.status?.phase !== 'Pending' || !/volume/i.test(why)) {
    return age < patience
      ? no('Scheduling', `the pod waits for a node: ${why}`)
      : no('Unscheduled', `no node takes the pod: ${why}`);
  }
  const className = claim.spec?.storageClassName;
  const from =
    className === undefined ? 'and the cluster has no default storage class' : `of the class ${className}`;
  return no('VolumePending', `the claim ${names.claim} has no volume yet, ${from}: ${why}`);
}

/** For a pod that has a node. */
function container(status: ContainerStatus, program: ServingProgram): Finding {
  const { running, terminated, waiting } = status.state ?? {};
  if (waiting?.reason !== undefined && pullErrors.has(waiting.reason)) {
    return no(
      'ImagePull',
      `the image ${status.image} cannot be pulled: ${waiting.message ?? waiting.reason}`,
    );
  }
  // While it is being restarted, the state says only that it waits for that.
  const ended = terminated ?? status.lastState?.terminated;
  if (ended !== undefined) return no('Crashed', crash(status, ended, program));
  return running === undefined ? beforeStart(waiting) : notServing(program);
}

const notServing = ({ name, firstIt }: ServingProgram) =>
  no('NotServing', `the ${name} runs but does not serve yet: it ${firstIt}`);

function beforeStart(waiting: NonNullable<ContainerStatus['state']>['waiting']): Finding {
  if (waiting?.message === undefined) return no('Starting', 'the container is being created');
  return no('CannotStart', `${waiting.reason}: ${waiting.message}`);
}

function crash(
  { restartCount }: ContainerStatus,
  ended: NonNullable<NonNullable<ContainerStatus['state']>['terminated']>,
  { name }: ServingProgram,
): string {
  const how = `the ${name} ended with exit code ${ended.exitCode}${ended.reason ? ` (${ended.reason})` : ''}`;
  const last = lastLineOf(ended.message ?? '');
  return `${how}, ${count(restartCount, 'restart')}${last === '' ? '' : `; its last message was: ${last}`}`;
}

/** The last line of a crash may be kilobytes of JSON: only its message is taken. */
function lastLineOf(output: string): string {
  const line = output.trim().split('\n').at(-1) ?? '';
  return truncate(sentenceIn(line), 300);
}

function sentenceIn(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } };
    const parts = [msg, err?.message].filter((part) => typeof part === 'string');
    return parts.length === 0 ? line : parts.join(': ');
  } catch {
    return line;
  }
}

const conditionOf = (pod: Pod, type: string) =>
  pod.status?.conditions?.find((condition) => condition.type === type);

const isTrue = (pod: Pod, type: string) => conditionOf(pod, type)?.status === 'True';

/** What every workload goes through while it starts; anything else needs attention. */
const ordinary = new Set(['NoPod', 'Scheduling', 'VolumePending', 'Starting', 'NotServing', 'Restarting']);

/** The Event about a workload that does not serve. */
export const notReady = ({ reason, message }: Finding): Happening => ({
  type: ordinary.has(reason) ? 'Normal' : 'Warning',
  reason,
  action: 'Serve',
  note: message,
});
