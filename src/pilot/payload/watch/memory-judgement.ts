const mebi = 2 ** 20;

/** What one payload takes of the memory, and what it was given. Bytes. */
export interface MemoryShare {
  readonly used: number;
  readonly given: number;
}

/**
 * By how much a payload may exceed what it was given while the node has memory to spare: a twentieth, but 8 MiB at
 * least. Measuring takes a moment, and nobody's job is to be held for a page.
 */
export const toleranceOf = (given: number): number => Math.max(given / 20, 8 * mebi);

/** Bytes left on the node below which nobody is tolerated beyond what it was given. */
export const nodeReserve = 64 * mebi;

/**
 * Who must be ended now: whoever exceeds its tolerance; and when the node is nearly out of memory, the one that
 * exceeds what it was given the most. A payload within its request is never ended for another.
 */
export function toBeEnded<T extends MemoryShare>(shares: readonly T[], left: number): readonly T[] {
  const beyond = shares.filter(({ used, given }) => used > given + toleranceOf(given));
  if (beyond.length > 0 || left >= nodeReserve) return beyond;
  const most = shares.reduce<T | undefined>(
    (worst, share) => (excess(share) > (worst === undefined ? 0 : excess(worst)) ? share : worst),
    undefined,
  );
  return most === undefined ? [] : [most];
}

const excess = ({ used, given }: MemoryShare): number => used - given;

/** The pilot's memory right after the kernel has killed one payload because it was used up. Bytes. */
export interface AfterKill {
  /** What the victim was given. */
  readonly given: number;
  /** What the payloads beside it take; undefined of one that is just ending, which cannot be known any more. */
  readonly others: readonly (MemoryShare | undefined)[];
  /** What is left now that the victim is dead. */
  readonly left: number;
  /** What pilot and payloads may take together. */
  readonly limit: number;
  /** What the machine has left. */
  readonly machine: number;
}

/**
 * Whether the victim is the one that exceeded its request, though nobody was in time to see it. Requests sum up to no
 * more than the pilot has, and nothing was left when the kernel killed. So when all others keep to theirs and the
 * victim's death has left more than it was given (which proves that the pilot itself takes no more than its overhead),
 * the victim took more than it was given. A machine with less left than the limit may itself have been short: then
 * nothing is proved.
 */
export const mustHaveExceeded = ({ given, others, left, limit, machine }: AfterKill): boolean =>
  machine >= limit &&
  left > given &&
  others.every((other) => other !== undefined && other.used <= other.given + toleranceOf(other.given));

/** What the last look at all payloads has shown. Milliseconds and bytes. */
export interface LastLook {
  readonly at: number;
  readonly left: number;
  readonly room: number;
}

/** Bytes by which the node's memory may shrink before all payloads are looked at, and milliseconds that may pass. */
const unseen = { bytes: 16 * mebi, milliseconds: 3000 };

/**
 * Whether nobody needs to be looked at again: the node has lost so little memory since the last look that nobody can
 * have come near to a bound, unless another gave up as much; for that, all are looked at from time to time.
 */
export const isQuiet = (last: LastLook, now: number, left: number): boolean =>
  now - last.at < unseen.milliseconds && last.room > 2 * unseen.bytes && last.left - left < unseen.bytes;

/** Milliseconds between two looks, whatever happens. */
const interval = { least: 10, most: 1000 };

/** Bytes that a program can fill in a millisecond: about 2 GiB/s. */
const fastest = 2 * mebi;

/** The time between looks is at least this many times what a look costs: usually, and while somebody grows fast. */
const spared = { usually: 20, leaping: 1 };

/**
 * When to look again: before the fastest program could use up what is left, but so that looking takes no more than a
 * twentieth of a core, unless somebody grows fast. A look that was slow because the machine is busy must not blind the
 * watch: the next one is never later than after a second.
 * @param room bytes until somebody could have to be ended
 * @param cost milliseconds that the last look took
 */
export function untilNextLook(room: number, cost: number, leaps: boolean): number {
  const soon = Math.min(interval.most, Math.max(interval.least, room / fastest));
  return Math.min(interval.most, Math.max(soon, cost * (leaps ? spared.leaping : spared.usually)));
}
