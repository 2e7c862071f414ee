import { nameOf } from '#kube/object.ts';
import type { GroupContext } from './context.ts';
import type { Fault } from './fault.ts';

/** What a group needs of the objects that it names; undefined when all of it is there. */
export function missingReference({ parts, group, spec, pool, poolName }: GroupContext): Fault | undefined {
  if (pool === undefined) {
    return { reason: 'PoolMissing', message: `There is no GlideinPool ${poolName}` };
  }
  if (pool.status?.address === undefined) {
    return { reason: 'PoolHasNoAddress', message: `The GlideinPool ${poolName} has no address yet` };
  }
  const policy = spec.pressurePolicyRef?.name;
  if (policy === undefined) return undefined;
  const key = { namespace: group.metadata.namespace, name: policy };
  if (parts.informers.policies.store.get(key) !== undefined) return undefined;
  return { reason: 'PolicyMissing', message: `There is no PressurePolicy ${nameOf(key)}` };
}
