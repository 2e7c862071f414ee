/** How much longer a pool is left alone than it was busy, and at most, in milliseconds. */
const times = 10;
const most = 60_000;

/**
 * Milliseconds until all jobs are looked at once more, after a look that took so long: of a few jobs that is soon, and hundreds of
 * thousands do not keep their pool busy with being looked at.
 */
export const lookPause = (took: number): number => Math.min(times * took, most);
