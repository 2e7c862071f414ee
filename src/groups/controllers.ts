import type { Runnable } from '#controller/runnable.ts';
import type { Dependencies } from './dependencies.ts';

/** Everything that works while this process leads. */
export function controllers(_dependencies: Dependencies): readonly Runnable[] {
  return [];
}
