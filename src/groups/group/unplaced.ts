import type { GroupPilot } from './observe.ts';

/** What the scheduler says of the first pilot that has no node; undefined when all have one or it said nothing yet. */
export function unplaced(pilots: readonly Pick<GroupPilot, 'name' | 'phase' | 'pod'>[]): string | undefined {
  for (const { name, phase, pod } of pilots) {
    if (phase !== 'Unscheduled') continue;
    const said = pod.status?.conditions?.find(
      ({ type, status }) => type === 'PodScheduled' && status === 'False',
    );
    if (said?.message !== undefined) return `${name} has no node: ${said.message}`;
  }
  return undefined;
}
