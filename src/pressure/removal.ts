import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import type { PilotSupply } from './demand.ts';

/** How many decisions in a row found a pilot superfluous, by its uid. */
export type SurplusCounts = Readonly<Record<string, number>>;

/** The counts after a decision. A pilot that is not superfluous now starts from zero the next time. */
export const countedOn = (surplus: readonly PilotSupply[], before: SurplusCounts): SurplusCounts =>
  Object.fromEntries(surplus.map(({ uid }) => [uid, (before[uid] ?? 0) + 1]));

/**
 * Which idle pilots may leave: only those that several decisions in a row found superfluous, and never the margin.
 * @param counts including this decision
 * @returns uids
 */
export function release(
  surplus: readonly PilotSupply[],
  counts: SurplusCounts,
  removal: PressurePolicySpec['removal'],
): readonly string[] {
  if (removal.mode === 'Never') return [];
  return surplus
    .slice(removal.margin)
    .map(({ uid }) => uid)
    .filter((uid) => (counts[uid] ?? 0) >= removal.wait);
}
