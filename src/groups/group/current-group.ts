import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { PoolDemand } from '#fleet/pool-demand.ts';
import { type Informers, inNamespaceOf } from '../cluster/informers.ts';
import type { GroupResource, PoolResource } from '../cluster/resources.ts';
import { parseGroup } from '../cluster/stored-spec.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import type { Fault } from '../status/conditions.ts';

/** A group as it is when a reconcile begins, and what is known of its pool. It is data only. */
export interface CurrentGroup {
  /** Its newest state that this program knows. */
  readonly group: GroupResource;
  /** Validated and with every default, unless the group is {@link invalid}. */
  readonly spec: GlideinGroupSpec;
  /** Why the specification cannot be used, although it fits the schema. */
  readonly fault: Fault | undefined;
  /** Why it does not fit the schema; it may have been stored under an older one. */
  readonly invalid: string | undefined;
  /** `NAMESPACE/NAME` of its pool. */
  readonly poolName: string;
  readonly pool: PoolResource | undefined;
  readonly demand: PoolDemand;
}

export function currentGroup(
  group: GroupResource,
  informers: Pick<Informers, 'pools'>,
  demandBoard: Pick<DemandBoard, 'latest'>,
): CurrentGroup {
  const poolName = inNamespaceOf(group, group.spec.poolRef.name);
  const parsed = parseGroup(group);
  return {
    group,
    spec: parsed.ok ? parsed.spec : group.spec,
    fault: parsed.ok ? parsed.fault : undefined,
    invalid: parsed.ok ? undefined : parsed.problem,
    poolName,
    pool: informers.pools.store.named(poolName),
    demand: demandBoard.latest(poolName),
  };
}

/** Namespace and name of a group, for metrics. */
export const labelsOf = ({ metadata }: GroupResource) => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});
