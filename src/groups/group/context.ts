import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { PoolDemand } from '#fleet/pool-demand.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { GroupResource, PoolResource } from '../cluster/resources.ts';
import type { GroupMemory } from '../pilots/group-memory.ts';
import type { FaultContext } from '../pods/fault-table.ts';
import type { Fault } from '../pods/faults.ts';
import type { GroupParts } from './parts.ts';

/** One reconcile of one group. */
export interface GroupContext {
  readonly parts: GroupParts;
  /** The newest state of it that this program knows. */
  readonly group: GroupResource;
  readonly spec: GlideinGroupSpec;
  /** Why the specification cannot be used, although it fits the schema or fitted an older one. */
  readonly fault: Fault | undefined;
  readonly memory: GroupMemory;
  /** `NAMESPACE/NAME` of its pool. */
  readonly poolName: string;
  readonly pool: PoolResource | undefined;
  readonly heard: PoolDemand;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Namespace and name of the group, for metrics. */
export const labelsOf = ({ group }: Pick<GroupContext, 'group'>) => ({
  namespace: group.metadata.namespace ?? '',
  name: group.metadata.name,
});

/** What cures of the group's faults depend on. */
export const faultContextOf = ({ group, spec, parts }: GroupContext): FaultContext => ({
  namespace: group.metadata.namespace ?? '',
  spec,
  seccompProfile: parts.settings.seccompProfile,
});
