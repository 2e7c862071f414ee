import type { GroupFacts } from './facts.ts';
import type { GroupMemory } from './group-memory.ts';

/** A refusal after which nothing was asked for so long is forgotten, milliseconds. */
const forgetAfter = 600_000;

/** Whether the API server is not to be asked yet. A refusal of long ago says nothing about today. */
export function isRefusedNow(memory: GroupMemory, now: number): boolean {
  const { refusal } = memory;
  if (refusal !== undefined && now - refusal.until > forgetAfter) memory.refusal = undefined;
  return refusal !== undefined && refusal.until > now;
}

/** What a reconcile found out, with what the API server refuses as a limit. */
export function withRefusal(facts: GroupFacts, memory: GroupMemory, now: number): GroupFacts {
  if (!isRefusedNow(memory, now)) return facts;
  const { plan, decision } = facts;
  const limit = { name: 'refused', value: 0, count: Math.max(1, decision.add) };
  const reason = `${plan.reason}; the API server takes no pod now`;
  return { ...facts, plan: { ...plan, limits: [...plan.limits, limit], reason } };
}
