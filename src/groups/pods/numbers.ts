import type { ReservedNumbers } from '#api/glidein-group-status.ts';

/** What a group has reserved before its first pilot: nothing. */
export const nothingReserved: ReservedNumbers = { next: 0, ranges: [] };

/** The most ranges that the status holds. */
const mostRanges = 64;

/** Numbers to create pilots under, and what must be durable before the first of them is created. */
export interface Reservation {
  readonly numbers: readonly number[];
  readonly reserved: ReservedNumbers;
}

/** Reserved numbers without a known pod, smallest first. */
export function unusedNumbers({ ranges }: ReservedNumbers): number[] {
  return ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

/**
 * Chooses numbers for `count` pilots: reserved ones without a known pod first, because somebody else (an earlier life,
 * a stale leader) may be about to create exactly these; then new ones. Numbers `taken` are being created, or their
 * pods are known. It returns fewer when the status could not hold the ranges.
 */
export function reserve(
  reserved: ReservedNumbers,
  count: number,
  taken: ReadonlySet<number> = new Set(),
): Reservation {
  const unused = unusedNumbers(reserved).filter((number) => !taken.has(number));
  const again = unused.slice(0, count);
  const fresh = count - again.length;
  if (fresh <= 0) return { numbers: again, reserved };
  const { next } = reserved;
  const ranges = joined([...reserved.ranges, { from: next, to: next + fresh - 1 }]);
  if (ranges.length > mostRanges) return { numbers: again, reserved };
  const numbers = [...again, ...Array.from({ length: fresh }, (_, index) => next + index)];
  return { numbers, reserved: { next: next + fresh, ranges } };
}

/**
 * The reserved numbers without those whose pods were seen: a name is used once, so nobody can create them again. Gaps may
 * make more ranges than the status holds; then only the ends of ranges are cut off, and {@link isReserved} tells the rest.
 */
export function withoutSeen(reserved: ReservedNumbers, isSeen: (number: number) => boolean): ReservedNumbers {
  const left = unusedNumbers(reserved);
  const unseen = left.filter((number) => !isSeen(number));
  if (unseen.length === left.length) return reserved;
  const exact = joined(unseen.map((number) => ({ from: number, to: number })));
  if (exact.length <= mostRanges) return { next: reserved.next, ranges: exact };
  const cut = reserved.ranges.map(({ from, to }) => {
    const inside = unseen.filter((number) => number >= from && number <= to);
    return { from: inside[0] ?? to + 1, to: inside.at(-1) ?? to };
  });
  return { next: reserved.next, ranges: cut.filter(({ from, to }) => from <= to) };
}

/** Whether a number is reserved: its pod must not be removed, or it could be created a second time. */
export const isReserved = ({ ranges }: ReservedNumbers, number: number): boolean =>
  ranges.some(({ from, to }) => number >= from && number <= to);

/** The name of a pilot's pod. */
export const podName = (group: string, number: number): string => `${group}-${number}`;

/** The number of a pilot's pod; undefined if the name is not one of the group's. */
export function numberOf(group: string, pod: string): number | undefined {
  const digits = pod.startsWith(`${group}-`) ? pod.slice(group.length + 1) : '';
  return /^(0|[1-9][0-9]{0,14})$/.test(digits) ? Number(digits) : undefined;
}

type Range = ReservedNumbers['ranges'][number];

/** Adjacent ranges joined; `ranges` are in order. */
function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const range of ranges) {
    const last = result.at(-1);
    if (last !== undefined && last.to + 1 >= range.from) {
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    } else result.push(range);
  }
  return result;
}
