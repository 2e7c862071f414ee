import { type CivilTime, civilTime, epochSeconds } from '../calendar.ts';

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

/** A number with its width and what fills it, or a text. */
type Directive =
  | readonly [value: (at: CivilTime) => number, width: number, fill: '0' | ' ']
  | ((at: CivilTime) => string);

const hours12 = (at: CivilTime): number => at.hours % 12 || 12;
const yearOfWeek = (at: CivilTime): number => isoWeek(at)[0];

/** The directives of C's strftime in the C locale, in UTC. */
const directives: Readonly<Record<string, Directive>> = {
  a: (at) => (days[at.weekday] ?? '?').slice(0, 3),
  A: (at) => days[at.weekday] ?? '?',
  b: (at) => (months[at.month - 1] ?? '?').slice(0, 3),
  B: (at) => months[at.month - 1] ?? '?',
  C: [(at) => Math.floor(at.year / 100), 2, '0'],
  d: [(at) => at.day, 2, '0'],
  e: [(at) => at.day, 2, ' '],
  g: [(at) => modulo(yearOfWeek(at), 100), 2, '0'],
  G: [yearOfWeek, 1, '0'],
  h: (at) => (months[at.month - 1] ?? '?').slice(0, 3),
  H: [(at) => at.hours, 2, '0'],
  I: [hours12, 2, '0'],
  j: [(at) => at.dayOfYear + 1, 3, '0'],
  k: [(at) => at.hours, 2, ' '],
  l: [hours12, 2, ' '],
  m: [(at) => at.month, 2, '0'],
  M: [(at) => at.minutes, 2, '0'],
  n: () => '\n',
  p: (at) => (at.hours < 12 ? 'AM' : 'PM'),
  P: (at) => (at.hours < 12 ? 'am' : 'pm'),
  s: [epochSeconds, 1, '0'],
  S: [(at) => at.seconds, 2, '0'],
  t: () => '\t',
  u: [(at) => at.weekday || 7, 1, '0'],
  U: [(at) => Math.floor((at.dayOfYear + 7 - at.weekday) / 7), 2, '0'],
  V: [(at) => isoWeek(at)[1], 2, '0'],
  w: [(at) => at.weekday, 1, '0'],
  W: [(at) => Math.floor((at.dayOfYear + 7 - ((at.weekday + 6) % 7)) / 7), 2, '0'],
  y: [(at) => modulo(at.year, 100), 2, '0'],
  Y: [(at) => at.year, 1, '0'],
  z: () => '+0000',
  Z: () => 'UTC',
  '%': () => '%',
};

const combined: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
};

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** Year and number of the week that a day belongs to (ISO 8601: a week belongs to the year of its Thursday). */
function isoWeek(at: CivilTime): readonly [year: number, week: number] {
  const thursday = civilTime(epochSeconds(at) + (3 - ((at.weekday + 6) % 7)) * 86_400);
  return [thursday.year, Math.floor(thursday.dayOfYear / 7) + 1];
}

/** `%`, flags, a width, a modifier that means nothing in the C locale, and the letter (glibc's strftime). */
const directive = /%([-_0^#+]*)([0-9]*)[EO]?([\s\S])/g;

/** A time by a pattern of strftime; unknown directives stay. */
export function formatTime(at: CivilTime, pattern: string): string {
  const expanded = pattern.replace(directive, (text, flags, width, letter: string) => {
    const longer = flags === '' && width === '' ? combined[letter] : undefined;
    return longer ?? text;
  });
  return expanded.replace(directive, (text, flags: string, width: string, letter: string) => {
    const found = directives[letter];
    return found === undefined ? text : written(found, at, flags, width);
  });
}

function written(found: Directive, at: CivilTime, flags: string, width: string): string {
  if (typeof found === 'function') {
    const text = found(at);
    const cased = /[\^#]/.test(flags) ? text.toUpperCase() : text;
    return cased.padStart(Math.min(Number(width), longestField), flags.includes('0') ? '0' : ' ');
  }
  const [value, ownWidth, ownFill] = found;
  if (flags.includes('-')) return String(value(at));
  const fill = flags.includes('_') ? ' ' : flags.includes('0') ? '0' : ownFill;
  return String(value(at)).padStart(width === '' ? ownWidth : Math.min(Number(width), longestField), fill);
}

/** Nobody wants more, and a pattern must not make a text of any size. */
const longestField = 1000;
