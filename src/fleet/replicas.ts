import { count } from '#base/count.ts';
import type { GroupDecision } from '#pressure/decision.ts';
import type { GroupSupply, PilotSupply } from '#pressure/demand.ts';
import { headroomOf } from '#pressure/headroom.ts';

/** The decision for a group with a fixed number of pilots; its limits apply all the same. */
export function fixedDecision(
  group: GroupSupply,
  replicas: number,
  registered: readonly PilotSupply[],
): GroupDecision {
  const staying = registered.filter((pilot) => pilot.state !== 'Draining');
  if (group.suspended) return suspended(group, replicas, staying);
  const missing = replicas - staying.filter(({ connected }) => connected).length - group.starting;
  const headroom = headroomOf(group, registered);
  const add = Math.max(0, Math.min(missing, headroom.pilots));
  const idle = staying.filter((pilot) => pilot.state === 'Idle' && pilot.connected).map(({ uid }) => uid);
  const release = idle.slice(0, Math.max(0, -missing));
  const denied = Math.max(0, missing) - add;
  const held = denied > 0 ? `, held back by ${headroom.limit.name} (${headroom.limit.value})` : '';
  return {
    group: group.name,
    wanted: Math.min(replicas, group.limits.maxPilots),
    add,
    release,
    reason: `replicas asks for ${replicas}: ${verdict(add, release.length)}${held}`,
    limits: denied > 0 ? [{ ...headroom.limit, count: denied }] : [],
  };
}

function suspended({ name }: GroupSupply, replicas: number, staying: readonly PilotSupply[]): GroupDecision {
  return {
    group: name,
    wanted: 0,
    add: 0,
    release: staying.map(({ uid }) => uid),
    reason: `replicas asks for ${replicas}, but the group is suspended`,
    limits: replicas > 0 ? [{ name: 'suspend', value: 0, count: replicas }] : [],
  };
}

function verdict(add: number, going: number): string {
  if (add > 0) return count(add, 'more pilot');
  return going > 0 ? `${count(going, 'idle pilot')} may go` : 'no more pilots';
}

/** The same while it is unknown which pilots there are: nothing is created or removed. */
export function fixedWhileUnknown(group: GroupSupply, replicas: number, reason: string): GroupDecision {
  return {
    group: group.name,
    wanted: group.suspended ? 0 : Math.min(replicas, group.limits.maxPilots),
    add: 0,
    release: [],
    reason: `replicas asks for ${replicas}; which pilots there are is unknown (${reason}): nothing is created or removed`,
    limits: [],
  };
}
