import { civilTime } from './calendar.ts';
import { type AbsTime, int32, type RelTime } from './scalar.ts';

/** `2020-01-02T03:04:05-00:00`: local time of the zone, then the zone; UTC prints as `-00:00`. */
export function printAbsTime(time: AbsTime): string {
  const at = civilTime(time.seconds + time.offset);
  const minutes = Math.trunc(Math.abs(time.offset) / 60);
  const zone = `${time.offset > 0 ? '+' : '-'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
  const date = `${at.year}-${two(at.month)}-${two(at.day)}`;
  return `${date}T${two(at.hours)}:${two(at.minutes)}:${two(at.seconds)}${zone}`;
}

/** Days, hours, minutes and seconds of a span, each with its sign. */
export function spanFields(wholeSeconds: number): readonly [number, number, number, number] {
  const whole = (size: number): number => Math.trunc(wholeSeconds / size);
  return [whole(86_400) + 0, (whole(3600) % 24) + 0, (whole(60) % 60) + 0, (wholeSeconds % 60) + 0];
}

/** As C's `abs`: -2^31 has no positive in 32 bits and stays negative. */
export function abs32(value: number): number {
  return Math.abs(value) | 0;
}

/** `1+02:03:04`; leading fields that are zero are left out, but the seconds; a fraction is cut off. */
export function printRelTime(time: RelTime): string {
  const seconds = int32(time.seconds);
  const [days, hours, minutes, rest] = spanFields(abs32(seconds));
  return spanText(seconds < 0, days, [hours, minutes], two(rest));
}

/** A span as it stands in an expression: with its fraction, as C's `%g` prints it. */
export function printWrittenSpan(time: RelTime): string {
  const seconds = int32(time.seconds);
  const [days, hours, minutes, rest] = spanFields(abs32(seconds));
  const fraction = Math.abs(time.seconds % 1);
  return spanText(
    time.seconds < 0,
    days,
    [hours, minutes],
    fraction === 0 ? two(rest) : printShort(rest + fraction),
  );
}

function spanText(negative: boolean, days: number, fields: readonly number[], seconds: string): string {
  const shown = days !== 0 ? fields : fields.slice(fields.findIndex((field) => field !== 0) >>> 0);
  return `${negative ? '-' : ''}${days !== 0 ? `${days}+` : ''}${[...shown.map(two), seconds].join(':')}`;
}

function printShort(value: number): string {
  return String(Number(value.toPrecision(6))).replace(/e-(\d)$/, 'e-0$1');
}

export function two(value: number): string {
  return value < 0 ? String(value) : String(value).padStart(2, '0');
}
