import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import type { Clock } from '#base/clock.ts';
import { isStarting } from '#fleet/phase.ts';
import type { GroupSupply } from '#pressure/demand.ts';
import { templateOf } from '#pressure/template.ts';
import { besides, type Informers } from '../cluster/informers.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import { numberOf } from '../pods/numbers.ts';
import type { GroupMemory } from './group-memory.ts';
import { type GroupPilot, observeGroup } from './observe.ts';

/** A group at one moment: its pilots, and what it could still get. */
export interface GroupStanding {
  readonly pilots: readonly GroupPilot[];
  readonly supply: GroupSupply;
}

/** Counts a group's supply. Pilots that are being created and are not seen yet start as well. */
export function standingOfGroup(
  group: GroupResource,
  spec: GlideinGroupSpec,
  sources: {
    readonly informers: Pick<Informers, 'pods' | 'groups'>;
    readonly demand: Pick<DemandBoard, 'heard'>;
    readonly memory: GroupMemory;
    readonly clock: Clock;
  },
): GroupStanding {
  const { memory } = sources;
  const poolName = besides(group, group.spec.poolRef.name);
  const pilots = observeGroup(group, sources);
  const own = pilots.filter(({ pool }) => pool === poolName);
  const seen = new Set(pilots.map(({ name }) => numberOf(group.metadata.name, name)));
  const unseen = [...memory.inWork].filter((number) => !seen.has(number)).length;
  const starting = own.filter(({ phase }) => isStarting(phase)).length + unseen;
  return {
    pilots,
    supply: {
      name: group.metadata.name,
      template: templateOf(spec, process.arch),
      starting,
      leaving: pilots.filter(({ pool, runtime }) => pool !== poolName && runtime.state !== 'Ended').length,
      suspended: spec.suspend,
      limits: spec.limits,
    },
  };
}

/** The names of groups by the uids of their pilots, of those that were made for the pool. */
export const groupsByUid = (
  standings: readonly { readonly group: GroupResource; readonly pilots: readonly GroupPilot[] }[],
  poolName: string,
): ReadonlyMap<string, string> =>
  new Map(
    standings.flatMap(({ group, pilots }) =>
      pilots.filter(({ pool }) => pool === poolName).map(({ uid }) => [uid, group.metadata.name] as const),
    ),
  );
