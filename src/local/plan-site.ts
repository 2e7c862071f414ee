import { decideByPolicy, decideByReplicas, supplyOf } from '#fleet/decide.ts';
import { type Plan, planGroup } from '#fleet/plan.ts';
import type { PoolDemand } from '#fleet/pool-demand.ts';
import type { Decision, GroupDecision } from '#pressure/decision.ts';
import type { GroupSupply } from '#pressure/demand.ts';
import { amount } from '#spec/fields.ts';
import type { LocalGroupState } from './local-group-state.ts';
import { capByMachine, type Machine, machineInWords } from './machine.ts';
import { siteName } from './site-definition.ts';

/** One group's decision, and the plan that follows from it. */
export interface GroupPlan {
  readonly state: LocalGroupState;
  readonly decision: GroupDecision;
  readonly plan: Plan;
}

export interface SitePlan {
  readonly groups: readonly GroupPlan[];
  /** The decisions of the policies, to be passed to the next round. */
  readonly decisions: ReadonlyMap<string, Decision>;
}

/**
 * One round for all groups: every policy decides for its groups, then each group's plan follows.
 * @param now monotonic milliseconds
 */
export function planSite(
  demand: PoolDemand,
  states: readonly LocalGroupState[],
  previous: ReadonlyMap<string, Decision>,
  now: number,
  machine: Machine,
): SitePlan {
  const view = { demand, site: siteName };
  const decisions = new Map<string, Decision>();
  const decided: { readonly state: LocalGroupState; readonly decision: GroupDecision }[] = [];
  for (const members of Map.groupBy(states, ({ group }) => group.policy?.name).values()) {
    const policy = members[0]?.group.policy;
    if (policy === undefined) {
      for (const state of members) {
        const decision = decideByReplicas(state.group.spec.replicas ?? 0, supplyHere(state), view);
        decided.push({ state, decision });
      }
      continue;
    }
    const decision = decideByPolicy(policy, members.map(supplyHere), view, previous.get(policy.name));
    decisions.set(policy.name, decision);
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

/** On this machine a pilot that ends is gone at once, so none is leaving. */
export const supplyHere = ({ group, starting }: LocalGroupState): GroupSupply =>
  supplyOf(group.name, group.spec, { starting, leaving: 0 }, process.arch);

const sizeOf = ({ group }: LocalGroupState): Machine => ({
  cpus: group.spec.pilot.cpus,
  memory: amount(group.spec.pilot.memory),
});

function planOf(state: LocalGroupState, decision: GroupDecision, now: number): GroupPlan {
  const { group, starts, starting, createdLately } = state;
  const pilots = state.observe();
  const { plan } = planGroup({ decision, pilots, spec: group.spec, starts, starting, createdLately }, now);
  return { state, decision, plan };
}

/** What keeps pilots of a group from coming on this machine, for the group’s bid; undefined if nothing does. */
export function blockedOf({ state, plan }: GroupPlan, machine: Machine): string | undefined {
  const bit = new Set(plan.limits.filter(({ count }) => count > 0).map(({ name }) => name));
  if (plan.create > 0) return undefined;
  if (bit.has('breaker')) {
    const last = state.lastFailure === undefined ? '' : `, the last one: ${state.lastFailure}`;
    return `its pilots fail to start${last}`.slice(0, mostCharacters);
  }
  if (bit.has('machine'))
    return `this machine has ${machineInWords(machine)} for pilots, and other pilots use them`;
  return undefined;
}

/** The longest sentence of a bid. */
const mostCharacters = 1024;
