import { count } from '#base/count.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { digestAnnotation } from '../pods/build.ts';

/** Whether a pilot was made from another specification than what the group says now. */
export function isOutdated({ pod }: Pick<GroupPilot, 'pod'>, digest: string | undefined): boolean {
  const made = pod.metadata.annotations?.[digestAnnotation];
  return digest !== undefined && made !== undefined && made !== digest;
}

/** Busy pilots keep the specification that they were made from until they are idle: that is to be known. */
export function olderOnes(
  pilots: readonly Pick<GroupPilot, 'pod' | 'phase'>[],
  digest: string | undefined,
): string {
  const older = pilots.filter((pilot) => pilot.phase === 'Busy' && isOutdated(pilot, digest)).length;
  if (older === 0) return '';
  return `; ${count(older, 'busy pilot runs', 'busy pilots run')} an older specification until idle`;
}
