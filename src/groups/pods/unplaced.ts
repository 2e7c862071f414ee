import type { GroupPilot } from '../pilots/observe.ts';
import type { FaultContext } from './fault-table.ts';
import { type Fault, schedulingFault } from './faults.ts';

/** Why the first pilot without a node has none; undefined when all have one or the scheduler said nothing yet. */
export function unplaced(
  pilots: readonly Pick<GroupPilot, 'name' | 'phase' | 'pod'>[],
  cures: FaultContext,
): Fault | undefined {
  for (const { name, phase, pod } of pilots) {
    if (phase !== 'Unscheduled') continue;
    const said = pod.status?.conditions?.find(
      ({ type, status }) => type === 'PodScheduled' && status === 'False',
    );
    if (said?.message === undefined) continue;
    const { reason, message } = schedulingFault(said.message, cures);
    return { reason, message: `${name} has no node: ${message}` };
  }
  return undefined;
}
