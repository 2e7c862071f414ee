import { breakerVerdict } from '#fleet/breaker.ts';
import { demandOf, pilotsOfGroup } from '#fleet/demand.ts';
import { type Plan, plan } from '#fleet/plan.ts';
import type { PoolDemand } from '#fleet/pool-demand.ts';
import { fixedDecision, fixedWhileUnknown } from '#fleet/replicas.ts';
import type { Decision, GroupDecision } from '#pressure/decision.ts';
import type { GroupSupply } from '#pressure/demand.ts';
import { pressure } from '#pressure/pressure.ts';
import { templateOf } from '#pressure/template.ts';
import { amount } from '#spec/fields.ts';
import type { LocalGroupState } from './local-group-state.ts';
import { capByMachine, type Machine } from './machine.ts';
import { siteName } from './site-name.ts';

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

/**
 * One round for all groups: every policy decides for its groups, then each group's plan follows.
 * @param now monotonic milliseconds
 */
export function decideSite(
  demand: PoolDemand,
  states: readonly LocalGroupState[],
  previous: ReadonlyMap<string, Decision>,
  now: number,
  machine: Machine,
): SitePlan {
  const decisions = new Map<string, Decision>();
  const decided: { readonly state: LocalGroupState; readonly decision: GroupDecision }[] = [];
  for (const [policy, members] of Map.groupBy(states, ({ group }) => group.policy?.name)) {
    const spec = members[0]?.group.policy?.spec;
    if (policy === undefined || spec === undefined) {
      for (const state of members) decided.push({ state, decision: fixed(state, demand) });
      continue;
    }
    const decision = pressure(demandOf(demand, siteName), members.map(supplyOf), spec, previous.get(policy));
    decisions.set(policy, decision);
    for (const state of members) {
      const own = decision.groups.find(({ group }) => group === state.group.name);
      if (own !== undefined) decided.push({ state, decision: own });
    }
  }
  const capped = capByMachine(
    decided.map(({ state, decision }) => ({
      decision,
      size: sizeOf(state),
      present: state.living.length,
    })),
    machine,
  );
  const groups = decided.map(({ state, decision }, index) => planOf(state, capped[index] ?? decision, now));
  return { groups, decisions };
}

const supplyOf = ({ group, starting }: LocalGroupState): GroupSupply => ({
  name: group.name,
  template: templateOf(group.spec, process.arch),
  starting,
  leaving: 0,
  suspended: group.spec.suspend,
  limits: group.spec.limits,
});

const sizeOf = ({ group }: LocalGroupState): Machine => ({
  cpus: group.spec.pilot.cpus,
  memory: amount(group.spec.pilot.memory),
});

function fixed(state: LocalGroupState, demand: PoolDemand): GroupDecision {
  const supply = supplyOf(state);
  const replicas = state.group.spec.replicas ?? 0;
  if (!demand.known) return fixedWhileUnknown(supply, replicas, demand.reason);
  return fixedDecision(supply, replicas, pilotsOfGroup(demand, state.group.name, siteName));
}

function planOf(state: LocalGroupState, decision: GroupDecision, now: number): GroupPlan {
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
    }),
  };
}
