import type { GroupDecision } from '#pressure/decision.ts';
import type { GroupSupply, RegisteredPilot } from '#pressure/demand.ts';

/** The decision for a group whose size is written down instead of following demand. */
export function fixedDecision(
  group: GroupSupply,
  replicas: number,
  registered: readonly RegisteredPilot[],
): GroupDecision {
  const staying = registered.filter((pilot) => pilot.state !== 'Draining');
  const wanted = group.suspended ? 0 : Math.min(replicas, group.limits.maxPilots);
  const missing = wanted - staying.length - group.starting;
  const idle = staying.filter((pilot) => pilot.state === 'Idle').map((pilot) => pilot.uid);
  return {
    group: group.name,
    wanted,
    add: Math.max(0, missing),
    release: idle.slice(0, Math.max(0, -missing)),
    reason: `replicas asks for ${replicas}${group.suspended ? ', but the group is suspended' : ''}`,
    limits:
      replicas > group.limits.maxPilots
        ? [
            {
              name: 'limits.maxPilots',
              value: group.limits.maxPilots,
              count: replicas - group.limits.maxPilots,
            },
          ]
        : [],
  };
}
