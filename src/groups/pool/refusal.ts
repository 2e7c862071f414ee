import { poolNames } from '../cluster/names.ts';
import type { PoolResource } from '../cluster/resources.ts';
import type { Finding } from '../status/conditions.ts';

/**
 * The longest name of a StatefulSet whose pods come to be: theirs carry it and a hash of eleven characters as a label,
 * which has 63 at most.
 */
const longestStatefulSet = 52;

/** Why nothing can be made of this resource as it is; nothing when something can. */
export function refusal(pool: PoolResource): Finding | undefined {
  const { statefulSet } = poolNames({ namespace: '', name: pool.metadata.name });
  if (statefulSet.length <= longestStatefulSet) return undefined;
  const most = longestStatefulSet - (statefulSet.length - pool.metadata.name.length);
  return no('NameTooLong', `the name is too long for what is made of it; write at most ${most} characters`);
}

const no = (reason: string, message: string): Finding => ({
  type: 'Ready',
  status: 'False',
  reason,
  message,
});
