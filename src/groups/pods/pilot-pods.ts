import type { Pod } from '#kube/resource.ts';
import type { ObjectStore } from '#kube/store.ts';
import { type Informers, inNamespaceOf } from '../cluster/informers.ts';
import { labelOf } from '../cluster/names.ts';
import type { GroupResource } from '../cluster/resources.ts';

export type PodStore = ObjectStore<Pod, 'group' | 'pool'>;
type GroupStore = ObjectStore<GroupResource, 'pool' | 'policy'>;

/** The pods of one component that are owned by exactly this group. */
export function podsOf(store: PodStore, group: GroupResource, component: 'pilot' | 'probe'): readonly Pod[] {
  const { namespace = '', name, uid } = group.metadata;
  return store
    .indexed('group', `${namespace}/${name}`)
    .filter(
      ({ metadata }) =>
        metadata.labels?.[labelOf.component] === component &&
        metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid),
    );
}

/** The container of a pilot. */
export const pilotContainer = 'pilot';

export type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

/** The status of the pilot's container. */
export const containerOf = (pod: Pod): ContainerStatus | undefined =>
  pod.status?.containerStatuses?.find(({ name }) => name === pilotContainer);

export const isPilot = ({ metadata }: Pod): boolean => metadata.labels?.[labelOf.component] === 'pilot';

/**
 * `NAMESPACE/NAME` of the pool that a pilot was made for. It remains that pilot's pool when its group names another one or
 * is gone. Pods made by older versions do not record it: their pool is the one that their group names.
 */
export function poolOfPilot(pod: Pod, groups: GroupStore): string | undefined {
  const { labels } = pod.metadata;
  const pool = labels?.[labelOf.pool];
  if (pool !== undefined) return inNamespaceOf(pod, pool);
  const group = groups.named(inNamespaceOf(pod, labels?.[labelOf.group] ?? ''));
  return group === undefined ? undefined : inNamespaceOf(group, group.spec.poolRef.name);
}

/** All pods of pilots that were made for a pool, even if their groups are gone. */
export function pilotPodsOf(pool: string, informers: Pick<Informers, 'pods' | 'groups'>): readonly Pod[] {
  const store = informers.pods.store;
  const named = store.indexed('pool', pool).filter(isPilot);
  const older = informers.groups.store
    .indexed('pool', pool)
    .flatMap((group) => podsOf(store, group, 'pilot'))
    .filter(({ metadata }) => metadata.labels?.[labelOf.pool] === undefined);
  return [...named, ...older];
}
