import type { Clock } from '#base/clock.ts';
import { type ObservedPilot, type Phase, phaseOf } from '#fleet/phase.ts';
import { type PoolDemand, registeredState } from '#fleet/pool-demand.ts';
import type { Pod } from '#kube/resource.ts';
import { type Informers, inNamespaceOf } from '../cluster/informers.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import { podsOf, poolOfPilot } from '../pods/pilot-pods.ts';
import { podState } from '../pods/state.ts';
import type { PilotHistory } from './history.ts';

/** A pilot of a group with its pod. */
export interface GroupPilot extends ObservedPilot {
  readonly pod: Pod;
  readonly phase: Phase;
  readonly everRegistered: boolean;
  /** `NAMESPACE/NAME` of the pool that it was made for, which may differ from the one that its group names now. */
  readonly pool: string;
}

interface ObserveSources {
  /** `NAMESPACE/NAME` of the pool that the group names. */
  readonly poolName: string;
  readonly poolOf: (pod: Pod) => string | undefined;
  readonly demandOf: (pool: string) => PoolDemand;
  readonly history: Pick<PilotHistory, 'registeredAt'>;
  readonly clock: Clock;
}

/**
 * The pilots of a group: pods joined by uid with what their pools say of them. While a pool is unreachable, its last
 * word on a pilot is shown. Nothing is recorded here: `group/record.ts` does that.
 */
export function observe(pods: readonly Pod[], sources: ObserveSources): readonly GroupPilot[] {
  const { poolName, poolOf, demandOf, history, clock } = sources;
  return pods.map((pod) => {
    const uid = pod.metadata.uid ?? '';
    const pool = poolOf(pod) ?? poolName;
    const demand = demandOf(pool);
    const said = registeredState(demand, uid);
    // A pilot that was made for another pool takes no more jobs for this group: it is on its way out.
    const registered = said !== undefined && pool !== poolName ? 'Draining' : said;
    const { runtime, since } = podState(pod);
    const registeredAt = history.registeredAt(uid);
    const pilot = {
      uid,
      name: pod.metadata.name,
      runtime,
      registered,
      demand,
      forMilliseconds: ageOf(since, registeredAt, clock),
    };
    const everRegistered = registered !== undefined || registeredAt !== undefined;
    return { ...pilot, pod, pool, phase: phaseOf(pilot), everRegistered };
  });
}

/** The pilots of a group as the informers and the demand board have them now. */
export function observeGroup(
  group: GroupResource,
  sources: Pick<ObserveSources, 'history' | 'clock'> & {
    readonly informers: Pick<Informers, 'pods' | 'groups'>;
    readonly demandBoard: Pick<DemandBoard, 'latest'>;
  },
): readonly GroupPilot[] {
  const { informers, demandBoard, history, clock } = sources;
  return observe(podsOf(informers.pods.store, group, 'pilot'), {
    poolName: inNamespaceOf(group, group.spec.poolRef.name),
    poolOf: (pod) => poolOfPilot(pod, informers.groups.store),
    demandOf: (pool) => demandBoard.latest(pool),
    history,
    clock,
  });
}

/** For a pilot that lost its connection, the time for registering starts when the pool last had it. */
function ageOf(since: number | undefined, registeredAt: number | undefined, clock: Clock): number {
  if (since === undefined) return 0;
  const age = Math.max(0, clock.wall() - since);
  return registeredAt === undefined ? age : Math.min(age, clock.monotonic() - registeredAt);
}
