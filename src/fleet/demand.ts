import type { Demand, RegisteredPilot } from '#pressure/demand.ts';
import type { AnsweredPilot, PoolKnowledge } from './pool-knowledge.ts';

/** Seconds that a pilot has to connect again before what is free on it counts no more. */
const reconnectGrace = 30;

/** Whose pilots are whose: the names of groups, by uid, of pilots that are known here. */
type GroupsByUid = ReadonlyMap<string, string>;

const nobody: GroupsByUid = new Map();

/**
 * What the pool said, as pressure weighs it: pilots of other sites are free supply, and nobody's here.
 * @param own of pilots that registered under another name of this site
 */
export function demandOf(heard: PoolKnowledge, site: string, own = nobody): Demand {
  if (!heard.known) return { known: false, reason: heard.reason, forSeconds: heard.forSeconds };
  return {
    known: true,
    waiting: heard.last.waiting,
    time: heard.last.time,
    pilots: heard.last.pilots.map((each) => seen(each, site, own)),
  };
}

/** The registered pilots of one group of this site. */
export const pilotsOfGroup = (
  { last }: Extract<PoolKnowledge, { known: true }>,
  group: string,
  site: string,
  own = nobody,
): RegisteredPilot[] =>
  last.pilots.map((pilot) => seen(pilot, site, own)).filter((pilot) => pilot.group === group);

const seen = (pilot: AnsweredPilot, site: string, own: GroupsByUid): RegisteredPilot => ({
  ...pilot,
  group: own.get(pilot.uid) ?? (pilot.site === site ? pilot.group : undefined),
  connected: pilot.connected || pilot.disconnectedSeconds < reconnectGrace,
});
