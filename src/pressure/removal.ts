import type { PressurePolicySpec } from '#api/pressure-policy.ts';
import type { RegisteredPilot } from './demand.ts';

/**
 * Which idle pilots may go: only what several decisions in a row found superfluous, and never the margin.
 * @param streak decisions in a row, this one included, that found a surplus
 * @returns uids
 */
export function release(
  surplus: readonly RegisteredPilot[],
  streak: number,
  removal: PressurePolicySpec['removal'],
): readonly string[] {
  if (removal.mode === 'Never' || streak < removal.wait) return [];
  return surplus.slice(removal.margin).map((pilot) => pilot.uid);
}
