/** The pause is this many times as long as the look took, and at most this many milliseconds. */
const times = 10;
const most = 60_000;

/**
 * Milliseconds to wait before listing all jobs again, after a listing that took `took` milliseconds: a few jobs are listed
 * again soon, and hundreds of thousands do not keep their pool busy with listing them.
 */
export const lookPause = (took: number): number => Math.min(times * took, most);
