import type { Clock } from '#base/clock.ts';
import { decideByPolicy, type NamedPolicy } from '#fleet/decide.ts';
import type { Decision } from '#pressure/decision.ts';
import { type Informers, inNamespaceOf } from '../cluster/informers.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import { parseGroup } from '../cluster/stored-spec.ts';
import type { DemandBoard } from '../demand/demand-board.ts';
import type { GroupMemories } from '../pilots/group-memory.ts';
import { groupsByUid, supplyOfGroup } from '../pilots/supply.ts';
import type { DecisionBoard } from './decision-board.ts';

export interface DecideSources {
  readonly informers: Pick<Informers, 'pods' | 'groups'>;
  readonly demandBoard: Pick<DemandBoard, 'latest'>;
  readonly memories: GroupMemories;
  readonly decisions: DecisionBoard;
  readonly clock: Clock;
  readonly settings: Pick<SiteSettings, 'site'>;
}

/** The decisions of one policy, by the pool whose groups they are for. */
export type PolicyDecisions = ReadonlyMap<string, Decision>;

/**
 * One decision of a policy for all groups that use it. Groups of different pools have different demand, so the policy
 * decides for each pool separately. Nothing in here awaits, because what is counted and what is posted belong together.
 * @throws GlideinError for a policy that cannot decide
 */
export function decide(
  policy: NamedPolicy,
  groups: readonly GroupResource[],
  previous: PolicyDecisions,
  sources: DecideSources,
): PolicyDecisions {
  const { demandBoard, memories, decisions, settings } = sources;
  const made = new Map<string, Decision>();
  for (const [pool, members] of Map.groupBy(groups, (group) =>
    inNamespaceOf(group, group.spec.poolRef.name),
  )) {
    const supplied = members.flatMap((group) => {
      const parsed = parseGroup(group);
      if (!parsed.ok || group.metadata.deletionTimestamp !== undefined) return [];
      const { history, expectations } = memories.of(group);
      const supply = supplyOfGroup(group, parsed.spec, expectations, { ...sources, history });
      return [{ group, expectations, ...supply }];
    });
    const supplies = supplied.map(({ supply }) => supply);
    const view = { demand: demandBoard.latest(pool), site: settings.site, own: groupsByUid(supplied, pool) };
    const decision = decideByPolicy(policy, supplies, view, previous.get(pool));
    made.set(pool, decision);
    for (const { group, expectations } of supplied) {
      const own = decision.groups.find((each) => each.group === group.metadata.name);
      if (own !== undefined) decisions.post(group, own, expectations.epoch);
    }
  }
  return made;
}
