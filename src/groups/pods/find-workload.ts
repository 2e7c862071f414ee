import type { KubeClient } from '#kube/client.ts';
import { type Pod, persistentVolumeClaims } from '#kube/resource.ts';
import type { Informers } from '../cluster/informers.ts';
import type { Workload } from './readiness.ts';

/** The one pod of a StatefulSet, and its volume claim where that may be what the pod waits for. */
export async function findWorkload(
  {
    client,
    informers,
  }: { readonly client: Pick<KubeClient, 'find'>; readonly informers: Pick<Informers, 'pods'> },
  what: Pick<Workload, 'program' | 'names'>,
  { namespace }: { readonly namespace: string },
  signal: AbortSignal,
): Promise<Workload> {
  const pod = informers.pods.store.get({ namespace, name: what.names.pod });
  const claim = isScheduled(pod)
    ? undefined
    : await client.find(persistentVolumeClaims, { namespace, name: what.names.claim }, signal);
  return { ...what, pod, claim };
}

const isScheduled = (pod: Pod | undefined) => pod?.spec?.nodeName !== undefined;
