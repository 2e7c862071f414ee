import type { Demand, PilotSupply as WeighedSupply } from '#pressure/demand.ts';
import type { PilotSupply, PoolDemand } from './pool-demand.ts';

/** Seconds that a pilot has to reconnect before its free slots no longer count. */
const reconnectGrace = 30;

/** The groups of the pilots that are known here, by uid. */
export type GroupsByUid = ReadonlyMap<string, string>;

const nobody: GroupsByUid = new Map();

/**
 * What the pool said, as pressure weighs it: pilots of other sites are supply, but belong to no group here.
 * @param own of pilots that registered under another name of this site
 */
export function demandOf(demand: PoolDemand, site: string, own = nobody): Demand {
  if (!demand.known) return { known: false, reason: demand.reason, forSeconds: demand.forSeconds };
  return {
    known: true,
    autoclusters: demand.last.autoclusters,
    time: demand.last.time,
    pilots: demand.last.pilots.map((each) => seen(each, site, own)),
  };
}

/** The registered pilots of one group of this site. */
export const pilotsOfGroup = (
  { last }: Extract<PoolDemand, { known: true }>,
  group: string,
  site: string,
  own = nobody,
): WeighedSupply[] =>
  last.pilots.map((pilot) => seen(pilot, site, own)).filter((pilot) => pilot.group === group);

const seen = (pilot: PilotSupply, site: string, own: GroupsByUid): WeighedSupply => ({
  ...pilot,
  group: own.get(pilot.uid) ?? (pilot.site === site ? pilot.group : undefined),
  connected: pilot.connected || pilot.disconnectedSeconds < reconnectGrace,
});
