import type { Runnable } from '#controller/runnable.ts';
import type { Dependencies } from './dependencies.ts';
import { groupParts } from './group/parts.ts';
import { groupRunnables } from './group/runnables.ts';
import { poolController } from './pool/controller.ts';

/** Everything that works while this process leads. */
export function controllers(dependencies: Dependencies): readonly Runnable[] {
  const parts = groupParts(dependencies);
  return [poolController(dependencies, parts.demand), ...groupRunnables(parts)];
}
