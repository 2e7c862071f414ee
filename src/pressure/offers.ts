import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseExpression } from '#classad/parser.ts';
import { asNumber } from '#classad/value.ts';
import type { GroupSupply, PilotSupply } from './demand.ts';
import { headroomOf } from './headroom.ts';

/** What a group could bring: how many pilots more, and how much it is preferred. */
export interface Offer {
  readonly headroom: number;
  readonly rank: number;
}

/**
 * What the groups of a policy offer to their pool, by name. The most pilots that the policy allows in all go to groups of higher
 * rank first, because they are filled first.
 * @param pilots all that are registered
 */
export function offersOf(
  groups: readonly GroupSupply[],
  pilots: readonly PilotSupply[],
  policy: PressurePolicySpec,
): ReadonlyMap<string, Offer> {
  const each = groups.map((group) => {
    const registered = pilots.filter((pilot) => pilot.group === group.name);
    const { name, starting, leaving } = group;
    const present = registered.length + starting + leaving;
    return { name, present, headroom: headroomOf(group, registered).pilots, rank: rankOf(group, policy) };
  });
  const present = each.reduce((sum, group) => sum + group.present, 0);
  let left = Math.max(0, (policy.maxPilots ?? Number.POSITIVE_INFINITY) - present);
  const offers = new Map<string, Offer>();
  for (const { name, headroom, rank } of each.sort((a, b) => b.rank - a.rank)) {
    offers.set(name, { headroom: Math.min(headroom, left), rank });
    left -= Math.min(headroom, left);
  }
  return offers;
}

/** A rank that is not a finite number counts as 0. */
export function rankOf({ template }: GroupSupply, { groupOrder: { rank } }: PressurePolicySpec): number {
  const value = rank === undefined ? 0 : (asNumber(evaluate(parseExpression(rank), template)) ?? 0);
  return Number.isFinite(value) ? value : 0;
}
