/** The distances between two marks of an axis from which one is chosen, in each power of ten. */
const nice = [1, 2, 2.5, 5, 10];

/** Marks from 0 to the first beyond `max`: four or five. A count gets no marks between whole numbers. */
export function marksUpTo(max: number, isCount: boolean): number[] {
  const least = isCount ? Math.max(max, 1) : max || 1;
  const rough = least / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const distance = power * (nice.find((each) => each * power >= rough) ?? 10);
  const step = isCount ? Math.max(1, Math.ceil(distance)) : distance;
  return Array.from({ length: Math.ceil(least / step) + 1 }, (_, index) => index * step);
}

/** The distances in seconds between two marks of time. */
const times = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** Full minutes, or what else gives at most seven marks. */
export function timeMarks(start: number, end: number): number[] {
  const step = times.find((each) => (end - start) / each <= 7) ?? 3600;
  const first = Math.ceil(start / step) * step;
  return Array.from({ length: Math.floor((end - first) / step) + 1 }, (_, index) => first + index * step);
}

/** `14:05`, and seconds where marks are closer than a minute. */
export function clock(seconds: number, withSeconds: boolean): string {
  return new Date(seconds * 1000).toISOString().slice(11, withSeconds ? 19 : 16);
}
