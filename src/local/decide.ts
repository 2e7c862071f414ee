import type { PoolDemand } from '#backend/pool.ts';
import { breakerVerdict } from '#fleet/breaker.ts';
import { type Plan, plan } from '#fleet/plan.ts';
import { fixedDecision, fixedWhileUnknown } from '#fleet/replicas.ts';
import type { Decision, GroupDecision } from '#pressure/decision.ts';
import type { Demand, GroupSupply, RegisteredPilot } from '#pressure/demand.ts';
import { pressure } from '#pressure/pressure.ts';
import { templateOf } from '#pressure/template.ts';
import type { LocalGroupState } from './local-group-state.ts';
import { siteName } from './site-name.ts';

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

/** Monotonic milliseconds: the time, and for how long the pool has been answering. */
interface Times {
  readonly now: number;
  readonly answersFor: number;
}

/** One round for all groups: every policy decides for its groups, then each group's plan follows. */
export function decideSite(
  heard: Heard,
  states: readonly LocalGroupState[],
  previous: ReadonlyMap<string, Decision>,
  times: Times,
): SitePlan {
  const decisions = new Map<string, Decision>();
  const groups: GroupPlan[] = [];
  for (const [policy, members] of Map.groupBy(states, ({ group }) => group.policy?.name)) {
    const spec = members[0]?.group.policy?.spec;
    if (policy === undefined || spec === undefined) {
      for (const state of members) groups.push(planOf(state, fixed(state, heard), times));
      continue;
    }
    const decision = pressure(demandOf(heard), members.map(supplyOf), spec, previous.get(policy));
    decisions.set(policy, decision);
    for (const state of members) {
      const own = decision.groups.find(({ group }) => group === state.group.name);
      if (own !== undefined) groups.push(planOf(state, own, times));
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
  return { known: true, waiting: heard.demand.waiting, pilots: pilotsOf(heard.demand) };
}

/** Groups of other sites may have the same names: their pilots are not ours to count or to release. */
const pilotsOf = ({ pilots }: PoolDemand): RegisteredPilot[] =>
  pilots.map((pilot) => ({ ...pilot, group: pilot.site === siteName ? pilot.group : undefined }));

function fixed(state: LocalGroupState, heard: Heard): GroupDecision {
  const supply = supplyOf(state);
  const replicas = state.group.spec.replicas ?? 0;
  if (!heard.known) return fixedWhileUnknown(supply, replicas, heard.reason);
  const mine = pilotsOf(heard.demand).filter((pilot) => pilot.group === state.group.name);
  return fixedDecision(supply, replicas, mine);
}

function planOf(state: LocalGroupState, decision: GroupDecision, { now, answersFor }: Times): GroupPlan {
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
      poolAnswersFor: answersFor,
    }),
  };
}
