import { nameOf } from '#kube/object.ts';
import { readPolicy } from '../cluster/read-policy.ts';
import type { Fault } from '../pods/faults.ts';
import type { GroupContext } from './context.ts';

/** What is wrong with a group itself, or with the objects that it names; undefined when nothing is. */
export function faultOfGroup(context: GroupContext): Fault | undefined {
  const { pool, poolName, fault } = context;
  if (fault !== undefined) return fault;
  if (pool === undefined) {
    return { reason: 'PoolMissing', message: `There is no GlideinPool ${poolName}` };
  }
  if (pool.status?.address === undefined) {
    return { reason: 'PoolHasNoAddress', message: `The GlideinPool ${poolName} has no address yet` };
  }
  return faultOfPolicy(context);
}

function faultOfPolicy({ parts, group, spec }: GroupContext): Fault | undefined {
  const policy = spec.pressurePolicyRef?.name;
  if (policy === undefined) return undefined;
  const key = { namespace: group.metadata.namespace, name: policy };
  const found = parts.informers.policies.store.get(key);
  if (found === undefined) {
    return { reason: 'PolicyMissing', message: `There is no PressurePolicy ${nameOf(key)}` };
  }
  const read = readPolicy(found);
  if (read.ok) return undefined;
  const message = `The PressurePolicy ${nameOf(key)} cannot decide: ${read.problem}`;
  return { reason: 'PolicyInvalid', message };
}
