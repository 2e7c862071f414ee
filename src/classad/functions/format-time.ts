import { two } from '../print-time.ts';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** The directives of C's strftime in the C locale; `date` holds local time in its UTC fields. */
const directives: Readonly<Record<string, (date: Date) => string>> = {
  a: (date) => dayName(date).slice(0, 3),
  A: dayName,
  b: (date) => monthName(date).slice(0, 3),
  B: monthName,
  d: (date) => two(date.getUTCDate()),
  e: (date) => String(date.getUTCDate()).padStart(2),
  H: (date) => two(date.getUTCHours()),
  I: (date) => two(date.getUTCHours() % 12 || 12),
  j: (date) => String(dayOfYear(date)).padStart(3, '0'),
  m: (date) => two(date.getUTCMonth() + 1),
  M: (date) => two(date.getUTCMinutes()),
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  S: (date) => two(date.getUTCSeconds()),
  w: (date) => String(date.getUTCDay()),
  y: (date) => two(date.getUTCFullYear() % 100),
  Y: (date) => String(date.getUTCFullYear()),
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
};

const combined: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
};

function dayName(date: Date): string {
  return days[date.getUTCDay()] ?? '';
}

function monthName(date: Date): string {
  return months[date.getUTCMonth()] ?? '';
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

/** An instant in a zone `offset` seconds east of UTC, by a pattern of strftime; unknown directives stay. */
export function formatTime(seconds: number, offset: number, pattern: string): string {
  const local = new Date((seconds + offset) * 1000);
  if (Number.isNaN(local.getTime())) return '';
  const expanded = pattern.replace(
    /%([\s\S])/g,
    (directive, letter: string) => combined[letter] ?? directive,
  );
  return expanded.replace(
    /%([\s\S])/g,
    (directive, letter: string) => directives[letter]?.(local) ?? directive,
  );
}
