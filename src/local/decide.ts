import type { PoolDemand, PoolPilot } from '#backend/pool.ts';
import { breakerVerdict } from '#fleet/breaker.ts';
import { type Plan, plan } from '#fleet/plan.ts';
import { fixedDecision } from '#fleet/replicas.ts';
import type { Decision, GroupDecision } from '#pressure/decision.ts';
import type { Demand, GroupSupply } from '#pressure/demand.ts';
import { pressure } from '#pressure/pressure.ts';
import { templateOf } from '#pressure/template.ts';
import type { LocalGroupState } from './local-group-state.ts';

/** What the pool said last, or since when it says nothing that can be trusted. */
export type Heard =
  | { readonly known: true; readonly demand: PoolDemand }
  | { readonly known: false; readonly reason: string; readonly forSeconds: number };

/** A group's part of one decision. */
export interface GroupPlan {
  readonly state: LocalGroupState;
  readonly decision: GroupDecision;
  readonly plan: Plan;
}

export interface SitePlan {
  readonly groups: readonly GroupPlan[];
  /** The decisions of the policies, to be handed to the next round. */
  readonly decisions: ReadonlyMap<string, Decision>;
}

/** One round for all groups: every policy decides for its groups, then each group's plan follows. */
export function decideSite(
  heard: Heard,
  states: readonly LocalGroupState[],
  previous: ReadonlyMap<string, Decision>,
  now: number,
): SitePlan {
  const decisions = new Map<string, Decision>();
  const groups: GroupPlan[] = [];
  for (const [policy, members] of Map.groupBy(states, ({ group }) => group.policy?.name)) {
    const spec = members[0]?.group.policy?.spec;
    if (policy === undefined || spec === undefined) {
      for (const state of members) groups.push(planOf(state, fixed(state, heard), heard, now));
      continue;
    }
    const decision = pressure(demandOf(heard), members.map(supplyOf), spec, previous.get(policy));
    decisions.set(policy, decision);
    for (const state of members) {
      const own = decision.groups.find(({ group }) => group === state.group.name);
      if (own !== undefined) groups.push(planOf(state, own, heard, now));
    }
  }
  return { groups, decisions };
}

const supplyOf = ({ group, starting }: LocalGroupState): GroupSupply => ({
  name: group.name,
  template: templateOf(group.spec.pilot),
  starting,
  suspended: group.spec.suspend,
  limits: group.spec.limits,
});

function demandOf(heard: Heard): Demand {
  if (!heard.known) return heard;
  const { waiting, pilots } = heard.demand;
  return { known: true, waiting, pilots };
}

function fixed(state: LocalGroupState, heard: Heard): GroupDecision {
  const pilots: readonly PoolPilot[] = heard.known ? heard.demand.pilots : [];
  const mine = pilots.filter((pilot) => pilot.group === state.group.name);
  const decision = fixedDecision(supplyOf(state), state.group.spec.replicas ?? 0, mine);
  return heard.known ? decision : { ...decision, add: 0, release: [] };
}

function planOf(state: LocalGroupState, decision: GroupDecision, heard: Heard, now: number): GroupPlan {
  const { deadlines, limits, breaker } = state.group.spec;
  const verdict = breakerVerdict(state.outcomes, breaker, now, state.starting);
  return {
    state,
    decision,
    plan: plan({
      decision,
      pilots: state.observe(),
      deadlines,
      breaker: verdict,
      createPerMinute: limits.createPerMinute,
      createdLately: state.createdLately,
      poolAnswers: heard.known,
    }),
  };
}
