import { literal } from '../ast.ts';
import type { AttributeTable } from '../attribute-table.ts';
import { type CivilTime, civilTime, epochSeconds } from '../calendar.ts';
import { abs32, spanFields, two } from '../print-time.ts';
import type { Scope } from '../scope.ts';
import {
  AbsTime,
  ErrorValue,
  errorValue,
  int32,
  integerOf,
  isClassAd,
  isInteger,
  low32,
  Real,
  RelTime,
  type Scalar,
  typeOf,
  type Value,
} from '../value.ts';
import { numberIn } from './conversion.ts';
import { type FunctionDefinition, type FunctionFamily, pure, scoped } from './definition.ts';
import { formatTime } from './format-time.ts';

function offsetAt(scope: Scope, seconds: number): number {
  return scope.environment.utcOffset?.(seconds) ?? 0;
}

/**
 * `absTime([seconds[, offset]])`: without arguments the present. Seconds have 32 bits here. A text is its own answer: only
 * one that is a literal is read, by the parser ({@link parseAbsTime}).
 */
function absTime(values: readonly Value[], scope: Scope): Value {
  const [value, offset] = values.length === 0 ? [scope.now()] : values;
  const zone = values.length < 2 ? undefined : zoneOf(offset);
  if (zone instanceof ErrorValue) return zone;
  if (value === undefined || value instanceof ErrorValue) return value;
  if (typeof value === 'string' || value instanceof AbsTime) return value;
  const seconds = secondsIn(value);
  if (seconds === undefined) return errorValue(`absTime of ${typeOf(value)}`);
  return new AbsTime(seconds, zone ?? offsetAt(scope, seconds));
}

function zoneOf(offset: Value): number | ErrorValue {
  if (isInteger(offset)) return low32(offset);
  if (offset instanceof Real) return int32(offset.value);
  return offset instanceof RelTime ? int32(offset.seconds) : errorValue('the offset is not a number');
}

/** Whole seconds in 32 bits; of an integer the low ones, as C has it. */
function secondsIn(value: Value): number | undefined {
  if (isInteger(value)) return low32(value);
  return value instanceof Real || value instanceof RelTime ? int32(numberIn(value) ?? 0) : undefined;
}

/** `relTime(seconds)`. A text is no span: only one that is a literal is read, by the parser ({@link parseRelTime}). */
function relTime([value]: readonly Value[]): Value {
  if (value === undefined || value instanceof ErrorValue || value instanceof RelTime) return value;
  if (typeof value === 'string') return new RelTime(0);
  if (value instanceof Real) return new RelTime(value.value);
  if (value instanceof AbsTime) return new RelTime(int32(value.seconds));
  return isInteger(value) ? new RelTime(low32(value)) : errorValue(`relTime of ${typeOf(value)}`);
}

/** A field of an instant, read in UTC as the original does. */
function ofInstant(field: keyof CivilTime): FunctionDefinition {
  return pure(1, 1, ([value]) => {
    if (value instanceof AbsTime) return civilTime(value.seconds)[field];
    return value instanceof ErrorValue ? value : errorValue(`${typeOf(value)} is not a point in time`);
  });
}

/** A field that instants and spans have. */
function ofEither(field: 'hours' | 'minutes' | 'seconds', index: 1 | 2 | 3): FunctionDefinition {
  return pure(1, 1, ([value]) => {
    if (value instanceof AbsTime) return civilTime(value.seconds)[field];
    if (value instanceof RelTime) return spanField(value, index);
    return value instanceof ErrorValue ? value : errorValue(`${typeOf(value)} is no time`);
  });
}

function spanField(span: RelTime, index: 0 | 1 | 2 | 3): number {
  return spanFields(int32(span.seconds))[index];
}

/** `1+01:01:07`, `1:07`, `7`: the first field without a leading zero. */
function interval([value]: readonly Value[]): Value {
  if (value instanceof ErrorValue) return value;
  const number = numberIn(value);
  if (number === undefined) return errorValue(`interval of ${typeOf(value)} has no meaning`);
  const total = low32(isInteger(value) ? value : integerOf(number));
  const [days, hours, minutes, seconds] = spanFields(Math.abs(total));
  const sign = total < 0 ? '-' : '';
  const tail = two(seconds);
  if (days !== 0) return `${sign}${days}+${two(hours)}:${two(minutes)}:${tail}`;
  if (hours !== 0) return `${sign}${hours}:${two(minutes)}:${tail}`;
  return minutes !== 0 ? `${sign}${minutes}:${tail}` : `${sign}${seconds}`;
}

/** The fields of a time as an ad. */
function splitTime([value]: readonly Value[], scope: Scope): Value {
  if (value === undefined || value instanceof ErrorValue) return value;
  if (value instanceof RelTime) return adOf(scope, relFields(value.seconds));
  const seconds = instantSeconds(value);
  if (seconds === undefined) return errorValue(`splitTime of ${typeOf(value)} has no meaning`);
  const offset = value instanceof AbsTime ? value.offset : offsetAt(scope, seconds);
  return adOf(scope, absFields(new AbsTime(seconds, offset)));
}

/** Here an integer is an instant in all its 64 bits, and a real in 32. */
function instantSeconds(value: Value): number | undefined {
  if (value instanceof AbsTime) return value.seconds;
  if (isInteger(value)) return Number(value);
  return value instanceof Real ? int32(value.value) : undefined;
}

function absFields(time: AbsTime): Record<string, Scalar> {
  const at = civilTime(time.seconds + time.offset);
  return {
    Type: 'AbsoluteTime',
    Year: at.year,
    Month: at.month,
    Day: at.day,
    Hours: at.hours,
    Minutes: at.minutes,
    Seconds: at.seconds,
    Offset: time.offset,
  };
}

/** The largest field that is not zero carries the sign. */
function relFields(seconds: number): Record<string, Scalar> {
  const whole = int32(seconds);
  const [days, hours, minutes, rest] = spanFields(abs32(whole));
  const fraction = Math.abs(seconds) < 2 ** 31 ? Math.abs(seconds) - Math.abs(whole) : 0;
  const fields = [days, hours, minutes, rest + fraction];
  const first = fields.findIndex((field) => field !== 0);
  const signed = fields.map((field, index) => (seconds < 0 && index === first && field > 0 ? -field : field));
  const [Days = 0, Hours = 0, Minutes = 0, Seconds = 0] = signed;
  return { Type: 'RelativeTime', Days, Hours, Minutes, Seconds: new Real(Seconds) };
}

function adOf(scope: Scope, fields: Record<string, Scalar>): Value {
  const ad = scope.ad.empty();
  for (const [name, value] of Object.entries(fields)) ad.set(name, literal(value));
  return ad;
}

/** `formatTime([time[, format]])`: without arguments the present, in the form of `%c`; of an ad the fields of splitTime. */
function format(values: readonly Value[], scope: Scope): Value {
  const [time, pattern] = values.length === 0 ? [scope.now()] : values;
  if (time instanceof ErrorValue) return time;
  const layout = values.length < 2 ? '%c' : pattern;
  if (typeof layout !== 'string') {
    return layout instanceof ErrorValue
      ? layout
      : errorValue('the second argument of formatTime is not a string');
  }
  const at = isClassAd(time) ? civilTimeOf(time, scope) : localTime(time, scope);
  return at === undefined
    ? errorValue(`formatTime of ${typeOf(time)} has no meaning`)
    : formatTime(at, layout);
}

function localTime(value: Value, scope: Scope): CivilTime | undefined {
  const seconds = instantSeconds(value);
  if (seconds === undefined) return undefined;
  return civilTime(seconds + (value instanceof AbsTime ? value.offset : offsetAt(scope, seconds)));
}

/** The fields as they are, without any care for their range; what is missing is zero, as in C's `struct tm`. */
function civilTimeOf(ad: AttributeTable, scope: Scope): CivilTime {
  const within = scope.within(ad);
  const field = (name: string, otherwise: number): number => {
    const value = within.climb(name, 1);
    return isInteger(value) ? low32(value) : otherwise;
  };
  const fields = {
    year: field('year', 1900),
    month: field('month', 1),
    day: field('day', 0),
    hours: field('hours', 0),
    minutes: field('minutes', 0),
    seconds: field('seconds', 0),
  };
  const { weekday } = civilTime(epochSeconds({ ...fields, hours: 0, minutes: 0, seconds: 0 }));
  const dayOfYear = (epochSeconds(fields) - epochSeconds({ ...fields, month: 1, day: 1 })) / 86_400;
  return { ...fields, weekday, dayOfYear };
}

export const times: FunctionFamily = {
  time: scoped(0, 0, (_values, scope) => scope.now()),
  currentTime: scoped(0, 0, (_values, scope) => absTime([scope.now()], scope)),
  timeZoneOffset: scoped(0, 0, (_values, scope) => {
    const now = scope.now();
    return isInteger(now) ? new RelTime(offsetAt(scope, Number(now))) : now;
  }),
  dayTime: scoped(0, 0, (_values, scope) => {
    const now = scope.now();
    if (!isInteger(now)) return now;
    const local = Number(now) + offsetAt(scope, Number(now));
    return new RelTime(local % 86_400);
  }),
  absTime: scoped(0, 2, absTime),
  relTime: pure(1, 1, relTime),
  getYear: ofInstant('year'),
  getMonth: ofInstant('month'),
  getDayOfYear: ofInstant('dayOfYear'),
  getDayOfMonth: ofInstant('day'),
  getDayOfWeek: ofInstant('weekday'),
  getDays: pure(1, 1, ([value]) => {
    if (value instanceof RelTime) return spanField(value, 0);
    return value instanceof ErrorValue ? value : errorValue(`${typeOf(value)} is not a span of time`);
  }),
  getHours: ofEither('hours', 1),
  getMinutes: ofEither('minutes', 2),
  getSeconds: ofEither('seconds', 3),
  interval: pure(1, 1, interval),
  splitTime: scoped(1, 1, splitTime),
  formatTime: scoped(0, 2, format),
};
