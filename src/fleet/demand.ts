import type { Demand, RegisteredPilot } from '#pressure/demand.ts';
import type { AnsweredPilot, PoolKnowledge } from './pool-knowledge.ts';

/** Seconds that a pilot has to connect again before what is free on it counts no more. */
const reconnectGrace = 30;

/** What the pool said, as pressure weighs it: pilots of other sites are free supply, and nobody's here. */
export function demandOf(heard: PoolKnowledge, site: string): Demand {
  if (!heard.known) return { known: false, reason: heard.reason, forSeconds: heard.forSeconds };
  return {
    known: true,
    waiting: heard.last.waiting,
    time: heard.last.time,
    pilots: heard.last.pilots.map((each) => seen(each, site)),
  };
}

/** The registered pilots of one group of this site. */
export const pilotsOfGroup = (
  { last }: Extract<PoolKnowledge, { known: true }>,
  group: string,
  site: string,
): RegisteredPilot[] =>
  last.pilots
    .filter((pilot) => pilot.group === group && pilot.site === site)
    .map((pilot) => seen(pilot, site));

const seen = (pilot: AnsweredPilot, site: string): RegisteredPilot => ({
  ...pilot,
  group: pilot.site === site ? pilot.group : undefined,
  connected: pilot.connected || pilot.disconnectedSeconds < reconnectGrace,
});
