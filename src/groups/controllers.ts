import type { Runnable } from '#controller/runnable.ts';
import type { Dependencies } from './dependencies.ts';
import { groupRunnables } from './group/runnables.ts';
import { poolController } from './pool/controller.ts';

/** Everything that works while this process leads. */
export function controllers(dependencies: Dependencies): readonly Runnable[] {
  return [poolController(dependencies), ...groupRunnables(dependencies)];
}
