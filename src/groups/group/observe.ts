import type { Clock } from '#base/clock.ts';
import { type ObservedPilot, type Phase, phaseOf } from '#fleet/phase.ts';
import type { Pod } from '#kube/resource.ts';
import type { ObjectStore } from '#kube/store.ts';
import type { Heard } from '../demand/heard.ts';
import { labelOf } from '../labels.ts';
import type { GroupResource } from '../resources.ts';
import { standingOf } from './carrier.ts';
import type { GroupMemory } from './group-memory.ts';

/** A pilot of a group with its pod. */
export interface GroupPilot extends ObservedPilot {
  readonly pod: Pod;
  readonly phase: Phase;
  readonly everRegistered: boolean;
}

export type PodStore = ObjectStore<Pod, 'group' | 'pool'>;

/** The pods of one component that this very group owns. */
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

/**
 * The pilots of a group: pods joined by uid with what the pool says of them. While the pool is out of reach, its last
 * word on a pilot holds.
 */
export function observe(
  pods: readonly Pod[],
  heard: Heard,
  memory: GroupMemory,
  clock: Clock,
): readonly GroupPilot[] {
  const now = clock.monotonic();
  const states = new Map(heard.last?.pilots.map((pilot) => [pilot.uid, pilot.state]));
  return pods.map((pod) => {
    const uid = pod.metadata.uid ?? '';
    const registered = states.get(uid);
    if (registered !== undefined && heard.known) memory.registeredAt.set(uid, now);
    const { carrier, since } = standingOf(pod);
    const pilot = {
      uid,
      name: pod.metadata.name,
      carrier,
      registered,
      forMilliseconds: ageOf(since, memory.registeredAt.get(uid), clock),
    };
    const everRegistered = registered !== undefined || memory.registeredAt.has(uid);
    return { ...pilot, pod, phase: phaseOf(pilot), everRegistered };
  });
}

/** A pilot that lost its connection has the time for registering anew from when the pool last had it. */
function ageOf(since: number | undefined, registeredAt: number | undefined, clock: Clock): number {
  if (since === undefined) return 0;
  const age = Math.max(0, clock.wall() - since);
  return registeredAt === undefined ? age : Math.min(age, clock.monotonic() - registeredAt);
}
