import type { Runnable } from '#controller/runnable.ts';
import { DemandListeners } from '../demand/demand-listeners.ts';
import { policyController } from '../policy/controller.ts';
import { groupController } from './controller.ts';
import type { GroupParts } from './parts.ts';

/** Everything that turns demand into pods: listeners at pools, policies, groups. */
export function groupRunnables(parts: GroupParts): readonly Runnable[] {
  return [new DemandListeners(parts), policyController(parts), groupController(parts)];
}
