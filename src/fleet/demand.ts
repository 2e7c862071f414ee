import type {
  Demand,
  Autocluster as WeighedAutocluster,
  PilotSupply as WeighedSupply,
} from '#pressure/demand.ts';
import type { Autocluster, PilotSupply, PoolDemand } from './pool-demand.ts';

/** Seconds that a pilot has to reconnect before its free slots no longer count. */
const reconnectGrace = 30;

/** The groups of the pilots that are known here, by uid. */
export type GroupsByUid = ReadonlyMap<string, string>;

const nobody: GroupsByUid = new Map();

/**
 * What the pool said, as pressure weighs it for one policy: pilots of other sites are supply, but belong to no group here.
 * @param own of pilots that registered under another name of this site
 */
export function demandOf(demand: PoolDemand, policy: string, site: string, own = nobody): Demand {
  if (!demand.known) return { known: false, reason: demand.reason, forSeconds: demand.forSeconds };
  return {
    known: true,
    autoclusters: demand.last.autoclusters.flatMap((each) => sharedWith(policy, each)),
    limited: demand.last.limited,
    time: demand.last.time,
    pilots: demand.last.pilots.map((each) => seen(each, site, own)),
  };
}

/** A policy about which the pool has not heard yet has to wait for the next answer. */
function sharedWith(policy: string, { shares, ...all }: Autocluster): WeighedAutocluster[] {
  if (shares === undefined) return [all];
  const count = shares[policy] ?? 0;
  return count === 0 ? [] : [{ ...all, count }];
}

/** The registered pilots of one group of this site. */
export const pilotsOfGroup = (
  { last }: Extract<PoolDemand, { known: true }>,
  group: string,
  site: string,
  own = nobody,
): WeighedSupply[] =>
  last.pilots.map((pilot) => seen(pilot, site, own)).filter((pilot) => pilot.group === group);

/** All registered pilots as the pool said last, however long ago. */
export const pilotsSaid = ({ last }: PoolDemand, site: string, own = nobody): WeighedSupply[] =>
  (last?.pilots ?? []).map((pilot) => seen(pilot, site, own));

const seen = (pilot: PilotSupply, site: string, own: GroupsByUid): WeighedSupply => ({
  ...pilot,
  group: own.get(pilot.uid) ?? (pilot.site === site ? pilot.group : undefined),
  connected: pilot.connected || pilot.disconnectedSeconds < reconnectGrace,
});
