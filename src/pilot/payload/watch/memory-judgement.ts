const mebi = 2 ** 20;

/** The memory that one payload uses, and what it was given. Bytes. */
export interface MemoryShare {
  readonly used: number;
  readonly given: number;
}

/**
 * By how many bytes a payload may exceed what it was given while the node has memory to spare: a twentieth, but at least
 * 8 MiB. Measuring takes a moment, and no job should be held for a page.
 */
export const toleranceOf = (given: number): number => Math.max(given / 20, 8 * mebi);

/** With fewer bytes left on the node, no payload may exceed what it was given. */
export const nodeReserve = 64 * mebi;

/**
 * The payloads that must be killed now: those that exceed their tolerance or, when the node is nearly out of memory, the
 * one that most exceeds what it was given. A payload within its request is never killed for another one.
 */
export function toBeKilled<T extends MemoryShare>(shares: readonly T[], left: number): readonly T[] {
  const beyond = shares.filter(({ used, given }) => used > given + toleranceOf(given));
  if (beyond.length > 0 || left >= nodeReserve) return beyond;
  const most = shares.reduce<T | undefined>(
    (worst, share) => (excess(share) > (worst === undefined ? 0 : excess(worst)) ? share : worst),
    undefined,
  );
  return most === undefined ? [] : [most];
}

const excess = ({ used, given }: MemoryShare): number => used - given;

/** The pilot's memory right after it was used up and the kernel killed one payload. Bytes. */
export interface AfterKill {
  /** What the victim was given. */
  readonly given: number;
  /** What the other payloads use; undefined for one that is just ending, because that can no longer be known. */
  readonly others: readonly (MemoryShare | undefined)[];
  /** What is left now that the victim is dead. */
  readonly left: number;
  /** What pilot and payloads may take together. */
  readonly limit: number;
  /** What the machine has left. */
  readonly machine: number;
}

/**
 * Whether the victim must have exceeded its request, although nobody saw it. Requests add up to no more than the pilot
 * has, and nothing was left when the kernel killed. So the victim used more than it was given if all others keep to their
 * requests, and its death left more free than it was given (which proves that the pilot itself takes no more than its
 * overhead). If the machine has less left than the limit, it may itself have run short; then nothing is proved.
 */
export const mustHaveExceeded = ({ given, others, left, limit, machine }: AfterKill): boolean =>
  machine >= limit &&
  left > given &&
  others.every((other) => other !== undefined && other.used <= other.given + toleranceOf(other.given));

/** What the last look at all payloads showed. Milliseconds and bytes. */
export interface LastLook {
  readonly at: number;
  readonly left: number;
  readonly room: number;
}

/** How much free memory the node may lose, and how much time may pass, before all payloads are looked at again. */
const unseen = { bytes: 16 * mebi, milliseconds: 3000 };

/**
 * Whether no payload needs another look: the node has lost so little memory since the last one that no payload can have
 * come near its limit. (Unless another payload freed as much; therefore all are looked at from time to time.)
 */
export const isQuiet = (last: LastLook, now: number, left: number): boolean =>
  now - last.at < unseen.milliseconds && last.room > 2 * unseen.bytes && last.left - left < unseen.bytes;

/** The shortest and the longest time between two looks, in milliseconds. */
const interval = { least: 10, most: 1000 };

/** Bytes that a program can fill in a millisecond: about 2 GiB/s. */
const fastest = 2 * mebi;

/** The time between looks is at least this many times what a look costs: usually, and while a payload grows fast. */
const spared = { usually: 20, leaping: 1 };

/**
 * Milliseconds until the next look: before the fastest program could use up what is left, but so that looking takes no
 * more than a twentieth of a core, unless a payload grows fast. A look may be slow because the machine is busy; that must
 * not blind the watch, so the next one comes after a second at the latest.
 * @param room bytes until a payload might have to be killed
 * @param cost milliseconds that the last look took
 * @param leaps whether a payload grows fast
 */
export function untilNextLook(room: number, cost: number, leaps: boolean): number {
  const soon = Math.min(interval.most, Math.max(interval.least, room / fastest));
  return Math.min(interval.most, Math.max(soon, cost * (leaps ? spared.leaping : spared.usually)));
}
