import { type Machine, machineInWords } from './machine.ts';
import type { GroupPlan } from './plan-site.ts';

/** What keeps pilots of a group from coming on this machine, for the group's offer; nothing when nothing does. */
export function blockedOf({ state, plan }: GroupPlan, machine: Machine): { readonly blocked?: string } {
  const bit = new Set(plan.limits.filter(({ count }) => count > 0).map(({ name }) => name));
  if (plan.create > 0) return {};
  if (bit.has('breaker')) {
    const last = state.lastFailure === undefined ? '' : `, the last one: ${state.lastFailure}`;
    return { blocked: `pilots of it fail to start${last}`.slice(0, mostCharacters) };
  }
  if (bit.has('machine'))
    return { blocked: `this machine has ${machineInWords(machine)} for pilots, and other pilots take them` };
  return {};
}

/** Of a sentence in an offer. */
const mostCharacters = 1024;
