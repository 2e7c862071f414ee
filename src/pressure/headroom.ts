import type { LimitThatBit } from './decision.ts';
import type { GroupSupply, PilotSupply } from './demand.ts';

/** How many pilots a group may get now, and the limit that determines it. */
export interface Headroom {
  readonly pilots: number;
  readonly limit: Omit<LimitThatBit, 'count'>;
}

/**
 * Applies the tightest of a group's own limits. Draining pilots and pilots out of contact still count: they hold their
 * resources until they are gone.
 */
export function headroomOf(group: GroupSupply, registered: readonly PilotSupply[]): Headroom {
  const { maxPilots, maxPending, maxIdle } = group.limits;
  const idle = registered.filter((pilot) => pilot.state === 'Idle' && pilot.connected).length;
  const headrooms: Headroom[] = [
    {
      pilots: maxPilots - registered.length - group.starting - group.leaving,
      limit: { name: 'limits.maxPilots', value: maxPilots },
    },
    { pilots: maxPending - group.starting, limit: { name: 'limits.maxPending', value: maxPending } },
    {
      pilots: idle >= maxIdle ? 0 : Number.POSITIVE_INFINITY,
      limit: { name: 'limits.maxIdle', value: maxIdle },
    },
  ];
  // Whatever other limit applies, this is the reason that people look for.
  if (group.suspended) return { pilots: 0, limit: { name: 'suspend', value: 0 } };
  const tightest = headrooms.reduce((least, headroom) => (headroom.pilots < least.pilots ? headroom : least));
  return { ...tightest, pilots: Math.max(0, tightest.pilots) };
}
