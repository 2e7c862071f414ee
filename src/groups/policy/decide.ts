import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import type { Clock } from '#base/clock.ts';
import { demandOf } from '#fleet/demand.ts';
import type { Decision } from '#pressure/decision.ts';
import { pressure } from '#pressure/pressure.ts';
import { besides, type Informers } from '../cluster/informers.ts';
import { parseGroup } from '../cluster/parsed-group.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import type { GroupMemories } from '../pilots/group-memory.ts';
import { groupsByUid, standingOfGroup } from '../pilots/supply.ts';
import type { DecisionBoard } from './decision-board.ts';

export interface DecideSources {
  readonly informers: Pick<Informers, 'pods' | 'groups'>;
  readonly demand: DemandBoard;
  readonly memories: GroupMemories;
  readonly decisions: DecisionBoard;
  readonly clock: Clock;
  readonly settings: Pick<SiteSettings, 'site'>;
}

/** The decisions of one policy, by the pool whose groups they are for. */
export type PolicyDecisions = ReadonlyMap<string, Decision>;

/**
 * One decision of a policy for all groups that use it. Groups of different pools have different demand, so each pool
 * is decided for itself. Nothing waits in here: what is counted and what is posted belong together.
 * @throws GlideinError for a policy that cannot decide
 */
export function decide(
  policy: PressurePolicySpec,
  groups: readonly GroupResource[],
  previous: PolicyDecisions,
  sources: DecideSources,
): PolicyDecisions {
  const { demand, memories, decisions, settings } = sources;
  const made = new Map<string, Decision>();
  for (const [pool, members] of Map.groupBy(groups, (group) => besides(group, group.spec.poolRef.name))) {
    const heard = demand.heard(pool);
    const standings = members.flatMap((group) => {
      const parsed = parseGroup(group);
      if (!parsed.ok || group.metadata.deletionTimestamp !== undefined) return [];
      const memory = memories.of(group);
      return [{ group, memory, ...standingOfGroup(group, parsed.spec, { ...sources, memory }) }];
    });
    const supplies = standings.map(({ supply }) => supply);
    const known = demandOf(heard, settings.site, groupsByUid(standings, pool));
    const decision = pressure(known, supplies, policy, previous.get(pool));
    made.set(pool, decision);
    for (const { group, memory } of standings) {
      const own = decision.groups.find((each) => each.group === group.metadata.name);
      if (own !== undefined) decisions.post(group, own, memory.epoch);
    }
  }
  return made;
}
