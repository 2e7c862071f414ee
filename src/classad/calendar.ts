/** A date and a time of day, of any year that 64 bits of seconds reach: `Date` ends at 275760. */
export interface CivilTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  /** From 0, Sunday. */
  readonly weekday: number;
  /** From 0. */
  readonly dayOfYear: number;
}

const secondsOfDay = 86_400;
const daysOf400Years = 146_097;
const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days from 1970-01-01 to the first day of a year. */
function daysToYear(year: number): number {
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return (year - 1970) * 365 + leaps - 477;
}

function daysToMonth(year: number, month: number): number {
  return (daysBefore[month - 1] ?? 0) + (month > 2 && isLeap(year) ? 1 : 0);
}

/** Seconds since the epoch as a date of the proleptic Gregorian calendar. */
export function civilTime(epochSeconds: number): CivilTime {
  const days = Math.floor(epochSeconds / secondsOfDay);
  const rest = epochSeconds - days * secondsOfDay;
  const cycles = Math.floor(days / daysOf400Years);
  const within = new Date((days - cycles * daysOf400Years) * secondsOfDay * 1000);
  const year = within.getUTCFullYear() + cycles * 400;
  return {
    year,
    month: within.getUTCMonth() + 1,
    day: within.getUTCDate(),
    hours: Math.floor(rest / 3600),
    minutes: Math.floor(rest / 60) % 60,
    seconds: Math.floor(rest % 60),
    weekday: within.getUTCDay(),
    dayOfYear: days - daysToYear(year),
  };
}

/** Seconds since the epoch of a date; fields outside of their range roll over, as in C's `timegm`. */
export function epochSeconds(fields: {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}): number {
  const year = fields.year + Math.floor((fields.month - 1) / 12);
  const month = ((((fields.month - 1) % 12) + 12) % 12) + 1;
  const days = daysToYear(year) + daysToMonth(year, month) + fields.day - 1;
  return days * secondsOfDay + fields.hours * 3600 + fields.minutes * 60 + fields.seconds;
}
