import { epochSeconds } from './calendar.ts';
import { AbsTime } from './scalar.ts';

const zoneAtEnd = /(?:([zZ]) *|(?<=[\s\S])([+-])([0-9]{2}):?([0-9]{2}))$/;

/**
 * An instant in ISO 8601, as the original reads it: the year is what the first four characters from a digit on begin
 * with; month, day, hours, minutes and seconds are each two characters from the next digit on. Whatever stands between is
 * passed over, what is missing is zero (month: January), what is out of range rolls over. Without a zone it is UTC (there:
 * the zone of the process). Undefined where a field is cut short or digits are left over.
 */
export function parseAbsTime(text: string): AbsTime | undefined {
  const zone = zoneAtEnd.exec(text);
  const fields = readFields(text.slice(0, endOfFields(text, zone)));
  if (fields === undefined) return undefined;
  const local = epochSeconds(fields);
  const offset = zone === null ? 0 : zoneOf(zone);
  // C's way to say that there is no such time.
  return local - offset === -1 ? undefined : new AbsTime(local - offset, offset);
}

/** Where the zone begins; a Z that blanks follow costs the last of them. */
function endOfFields(text: string, zone: RegExpExecArray | null): number {
  if (zone === null) return text.length;
  return zone[1] === undefined ? zone.index : text.length - 1;
}

function readFields(text: string) {
  const reader = new FieldReader(text);
  const year = reader.next(4);
  if (year === undefined) return undefined;
  const fields = {
    year,
    month: reader.next(2) ?? 1,
    day: reader.next(2) ?? 0,
    hours: reader.next(2) ?? 0,
    minutes: reader.next(2) ?? 0,
    seconds: reader.next(2) ?? 0,
  };
  return reader.isDone() ? fields : undefined;
}

class FieldReader {
  readonly #text: string;
  #at = 0;
  #cutShort = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** The number at the beginning of `width` characters from the next digit on; undefined when there is no digit. */
  next(width: number): number | undefined {
    this.#skip();
    if (this.#at >= this.#text.length) return undefined;
    const field = this.#text.slice(this.#at, this.#at + width);
    if (field.length < width) this.#cutShort = true;
    this.#at += width;
    return Number.parseInt(field, 10);
  }

  isDone(): boolean {
    this.#skip();
    return !this.#cutShort && this.#at >= this.#text.length;
  }

  #skip(): void {
    while (this.#at < this.#text.length && !/[0-9]/.test(this.#text.charAt(this.#at))) this.#at += 1;
  }
}

function zoneOf([, utc, sign, hours, minutes]: RegExpExecArray): number {
  if (utc !== undefined) return 0;
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  return sign === '-' ? 0 - seconds : seconds;
}

/** Days end with `+` or `d`, hours with `h` or a colon that minutes follow, minutes with `m` or a colon. */
const span =
  /^\s*(-?)\s*(?:([0-9]*)\s*[+d]\s*)?(?:([0-9]*)\s*(?:h|:(?=[^:m]*[:m]))\s*)?(?:([0-9]*)\s*[:m]\s*)?([0-9]*(?:\.[0-9]+|\.(?=s))?)\s*s?\s*$/i;

/**
 * The seconds of `1+02:03:04.5` or `1d 2h 3m 4s`; what is missing is zero. Undefined for anything else. Days, hours and
 * minutes are C's ints in the original: what does not fit is zero, and their seconds go round.
 */
export function parseRelTime(text: string): number | undefined {
  const found = span.exec(text);
  if (found === null) return undefined;
  const [, sign, days, hours, minutes, seconds] = found;
  const whole =
    Math.imul(intOf(days), 86_400) + Math.imul(intOf(hours), 3600) + Math.imul(intOf(minutes), 60);
  const total = (whole | 0) + Number.parseFloat(`0${seconds ?? ''}`);
  return sign === '-' ? -total : total;
}

function intOf(digits: string | undefined): number {
  const value = Number(digits ?? '0');
  return value < 2 ** 31 ? value : 0;
}
