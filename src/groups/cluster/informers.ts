import type { Clock } from '#base/clock.ts';
import type { ChangeSource } from '#controller/controller.ts';
import type { KubeClient } from '#kube/client.ts';
import { Informer } from '#kube/informer.ts';
import type { InformerMetrics } from '#kube/informer-metrics.ts';
import type { KubeObject } from '#kube/object.ts';
import { type Pod, pods, type StatefulSet, statefulSets } from '#kube/resource.ts';
import type { Indexers, ObjectStore } from '#kube/store.ts';
import type { Logger } from '#telemetry/logger.ts';
import { labelOf, managedBy } from './names.ts';
import {
  type GroupResource,
  groups,
  type ImageSetResource,
  imageSets,
  type PolicyResource,
  type PoolResource,
  policies,
  pools,
} from './resources.ts';

/** A copy of one kind of objects that reports every change: an informer, or what it shows of one. */
export interface Copy<T extends KubeObject, Index extends string = never> extends ChangeSource<T> {
  readonly store: ObjectStore<T, Index>;
}

/** The copies of the cluster's objects that all controllers share. Index keys are `NAMESPACE/NAME`. */
export interface Informers {
  readonly pools: Copy<PoolResource>;
  /** By the pool and by the policy that they name. */
  readonly groups: Copy<GroupResource, 'pool' | 'policy'>;
  readonly policies: Copy<PolicyResource>;
  readonly imageSets: Copy<ImageSetResource>;
  /** Pods of pools, of publishers and of pilots, by the pool and the group whose labels they carry. */
  readonly pods: Copy<Pod, 'pool' | 'group'>;
  /** Of pools and of publishers. */
  readonly statefulSets: Copy<StatefulSet>;
}

export const groupIndices: Indexers<GroupResource, 'pool' | 'policy'> = {
  pool: (group) => [inNamespaceOf(group, group.spec.poolRef.name)],
  policy: (group) => namedIn(group, group.spec.pressurePolicyRef?.name),
};

export const podIndices: Indexers<Pod, 'pool' | 'group'> = {
  pool: (pod) => namedIn(pod, pod.metadata.labels?.[labelOf.pool]),
  group: (pod) => namedIn(pod, pod.metadata.labels?.[labelOf.group]),
};

/** @param options.namespaces the only ones to watch; all namespaces if absent */
export function createInformers(options: {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics?: InformerMetrics;
  readonly namespaces?: readonly string[] | undefined;
}) {
  const ours = { labelSelector: `${labelOf.managedBy}=${managedBy}` };
  const made = {
    pods: new Informer({ ...options, kind: pods, selection: ours, indexers: podIndices }),
    statefulSets: new Informer({ ...options, kind: statefulSets, selection: ours }),
  };
  // A namespace that is served later brings what there is before what wants it: pilots that nobody sees would be made again.
  const after = Object.values(made);
  const wanted = {
    pools: new Informer({ ...options, kind: pools, after }),
    policies: new Informer({ ...options, kind: policies, after }),
    imageSets: new Informer({ ...options, kind: imageSets, after }),
  };
  const all = [...after, ...Object.values(wanted)];
  return {
    ...made,
    ...wanted,
    groups: new Informer({ ...options, kind: groups, indexers: groupIndices, after: all }),
  };
}

/** `NAMESPACE/NAME` of something in the namespace of `object`. */
export function inNamespaceOf(object: KubeObject, name: string): string {
  return `${object.metadata.namespace ?? ''}/${name}`;
}

function namedIn(object: KubeObject, name: string | undefined): readonly string[] {
  return name === undefined ? [] : [inNamespaceOf(object, name)];
}

/** The changes of `source`, except those of a status alone: they are mostly this program's own writes. */
export function specChanges<T extends KubeObject>(source: ChangeSource<T>): ChangeSource<T> {
  return {
    onChange: (handler) =>
      source.onChange((change) => {
        if (change.type !== 'updated' || isNews(change.old, change.object)) handler(change);
      }),
  };
}

const isNews = (old: KubeObject, object: KubeObject): boolean =>
  old.metadata.generation !== object.metadata.generation ||
  old.metadata.uid !== object.metadata.uid ||
  old.metadata.deletionTimestamp !== object.metadata.deletionTimestamp;
