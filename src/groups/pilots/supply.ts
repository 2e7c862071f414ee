import type { GlideinGroupSpec } from '#api/glidein-group.ts';
import { supplyOf } from '#fleet/decide.ts';
import { isStarting } from '#fleet/phase.ts';
import type { GroupSupply } from '#pressure/demand.ts';
import { inNamespaceOf } from '../cluster/informers.ts';
import type { GroupResource } from '../cluster/resources.ts';
import { numberOf } from '../pods/numbers.ts';
import type { Expectations } from './expectations.ts';
import { type GroupPilot, observeGroup } from './observe.ts';

/** A group at one moment: its pilots, and what it could still get. */
export interface SuppliedGroup {
  readonly pilots: readonly GroupPilot[];
  readonly supply: GroupSupply;
}

/** Counts a group's supply. Pilots that are being created and not visible yet count as starting. */
export function supplyOfGroup(
  group: GroupResource,
  spec: GlideinGroupSpec,
  expectations: Pick<Expectations, 'unseen'>,
  sources: Parameters<typeof observeGroup>[1],
): SuppliedGroup {
  const poolName = inNamespaceOf(group, group.spec.poolRef.name);
  const pilots = observeGroup(group, sources);
  const own = pilots.filter(({ pool }) => pool === poolName);
  const seen = new Set(pilots.map(({ name }) => numberOf(group.metadata.name, name)));
  const starting = own.filter(({ phase }) => isStarting(phase)).length + expectations.unseen(seen);
  const leaving = pilots.filter(({ pool, runtime }) => pool !== poolName && runtime.state !== 'Ended').length;
  return {
    pilots,
    supply: supplyOf(group.metadata.name, spec, { starting, leaving }, process.arch),
  };
}

/** The names of groups by the uids of their pilots, of those that were made for the pool. */
export const groupsByUid = (
  supplied: readonly { readonly group: GroupResource; readonly pilots: readonly GroupPilot[] }[],
  poolName: string,
): ReadonlyMap<string, string> =>
  new Map(
    supplied.flatMap(({ group, pilots }) =>
      pilots.filter(({ pool }) => pool === poolName).map(({ uid }) => [uid, group.metadata.name] as const),
    ),
  );
