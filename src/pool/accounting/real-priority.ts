/** HTCondor's floor of a real priority: that of somebody who uses nothing. */
export const priorityFloor = 0.5;

/**
 * A real user priority after some time with constant use: it approaches the number of cores in use, and half of the difference is
 * gone after each half-life. HTCondor's update, `β·before + (1−β)·use` with `β = 0.5^(elapsed/halfLife)`, is the same at the end
 * of each of its intervals; here an interval reaches from one change of use to the next, so the result is exact.
 * @param use cores
 * @param elapsed milliseconds, as is `halfLife`
 */
export function realPriority(before: number, use: number, elapsed: number, halfLife: number): number {
  return Math.max(priorityFloor, use + (before - use) * 2 ** (-elapsed / halfLife));
}
