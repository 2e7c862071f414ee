import type { Runnable } from '#controller/runnable.ts';
import { DemandListeners } from '../demand/demand-listeners.ts';
import { policyController } from '../policy/controller.ts';
import { groupController } from './controller.ts';
import { type GroupDependencies, groupParts } from './parts.ts';

/** Everything that turns demand into pods: listeners at pools, policies, groups. */
export function groupRunnables(dependencies: GroupDependencies): readonly Runnable[] {
  const parts = groupParts(dependencies);
  return [new DemandListeners(parts), policyController(parts), groupController(parts)];
}
