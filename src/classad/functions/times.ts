import { literal } from '../ast.ts';
import { two } from '../print-time.ts';
import type { Scope } from '../scope.ts';
import {
  AbsTime,
  asNumber,
  ErrorValue,
  errorValue,
  isInteger,
  Real,
  RelTime,
  type Scalar,
  typeOf,
  type Value,
} from '../value.ts';
import { numberIn } from './conversion.ts';
import { type FunctionDefinition, type FunctionFamily, pure, scoped } from './definition.ts';
import { formatTime } from './format-time.ts';
import { parseAbsTime } from './parse-time.ts';

function offsetAt(scope: Scope, seconds: number): number {
  return scope.environment.utcOffset?.(seconds) ?? 0;
}

/** `absTime(seconds[, offset])` or `absTime("2020-01-02T03:04:05+01:00")`. */
function absTime([value, offset]: readonly Value[], scope: Scope): Value {
  if (value === undefined || value instanceof ErrorValue) return value;
  if (offset !== undefined && !isInteger(offset)) return errorValue('the offset is no integer');
  if (typeof value === 'string') {
    return parseAbsTime(value, (seconds) => offsetAt(scope, seconds)) ?? errorValue(`"${value}" is no time`);
  }
  const seconds = asNumber(value);
  if (seconds === undefined || typeof value === 'boolean') return errorValue(`absTime of ${typeOf(value)}`);
  return new AbsTime(Math.trunc(seconds), offset === undefined ? offsetAt(scope, seconds) : Number(offset));
}

const span = /^\s*(-)?(?:(?:([0-9]+)\+)?([0-9]+):)?(?:([0-9]+):)?([0-9]+(?:\.[0-9]*)?)\s*$/;

/** `relTime(seconds)` or `relTime("1+02:03:04")`. */
function relTime([value]: readonly Value[]): Value {
  if (value === undefined || value instanceof ErrorValue) return value;
  if (typeof value === 'string') return relTimeOfText(value);
  const seconds = typeof value === 'boolean' ? undefined : asNumber(value);
  return seconds === undefined ? errorValue(`relTime of ${typeOf(value)}`) : new RelTime(seconds);
}

function relTimeOfText(text: string): Value {
  const found = span.exec(text);
  if (found === null) return errorValue(`"${text}" is no span of time`);
  const [, sign, days = '0', first = '0', second, last = '0'] = found;
  // With one colon the fields are minutes and seconds.
  const [hours, minutes] = second === undefined ? ['0', first] : [first, second];
  const total = Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(last);
  return new RelTime(sign === undefined ? total : -total);
}

/** A field of an instant, read in UTC as the original does. */
function ofInstant(field: (date: Date) => number): FunctionDefinition {
  return pure(1, 1, ([value]) => {
    if (value instanceof AbsTime) return field(new Date(value.seconds * 1000));
    return value instanceof ErrorValue ? value : errorValue(`${typeOf(value)} is no instant`);
  });
}

/** A field that instants and spans have. */
function ofEither(field: (date: Date) => number, part: (seconds: number) => number): FunctionDefinition {
  return pure(1, 1, ([value]) => {
    if (value instanceof AbsTime) return field(new Date(value.seconds * 1000));
    if (value instanceof RelTime) return Math.trunc(part(value.seconds)) + 0;
    return value instanceof ErrorValue ? value : errorValue(`${typeOf(value)} is no time`);
  });
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000);
}

/** `1+01:01:07`, `1:07`, `7`: the first field without a leading zero. */
function interval([value]: readonly Value[]): Value {
  if (value instanceof ErrorValue) return value;
  const number = numberIn(value);
  if (number === undefined) return errorValue(`interval of ${typeOf(value)} has no meaning`);
  const total = Math.trunc(Math.abs(number));
  const [days, hours, minutes] = [
    Math.trunc(total / 86_400),
    Math.trunc(total / 3600) % 24,
    Math.trunc(total / 60) % 60,
  ];
  const sign = number < 0 ? '-' : '';
  const tail = two(total % 60);
  if (days > 0) return `${sign}${days}+${two(hours)}:${two(minutes)}:${tail}`;
  if (hours > 0) return `${sign}${hours}:${two(minutes)}:${tail}`;
  return minutes > 0 ? `${sign}${minutes}:${tail}` : `${sign}${total % 60}`;
}

/** The fields of a time as an ad. */
function splitTime([value]: readonly Value[], scope: Scope): Value {
  if (value instanceof ErrorValue) return value;
  if (value instanceof RelTime) return adOf(scope, relFields(value.seconds));
  const instant = value instanceof AbsTime ? value : absTime([isInteger(value) ? value : undefined], scope);
  if (!(instant instanceof AbsTime)) return errorValue(`splitTime of ${typeOf(value)} has no meaning`);
  return adOf(scope, absFields(instant));
}

function absFields(time: AbsTime): Record<string, Scalar> {
  const local = new Date((time.seconds + time.offset) * 1000);
  return {
    Type: 'AbsoluteTime',
    Year: local.getUTCFullYear(),
    Month: local.getUTCMonth() + 1,
    Day: local.getUTCDate(),
    Hours: local.getUTCHours(),
    Minutes: local.getUTCMinutes(),
    Seconds: local.getUTCSeconds(),
    Offset: time.offset,
  };
}

function relFields(seconds: number): Record<string, Scalar> {
  const total = Math.abs(seconds);
  const sign = seconds < 0 ? -1 : 1;
  const rest = (total % 60) * sign;
  return {
    Type: 'RelativeTime',
    Days: Math.trunc(total / 86_400) * sign + 0,
    Hours: (Math.trunc(total / 3600) % 24) * sign + 0,
    Minutes: (Math.trunc(total / 60) % 60) * sign + 0,
    Seconds: Number.isInteger(rest) ? rest + 0 : new Real(rest),
  };
}

function adOf(scope: Scope, fields: Record<string, Scalar>): Value {
  const ad = scope.ad.empty();
  for (const [name, value] of Object.entries(fields)) ad.set(name, literal(value));
  return ad;
}

/** `formatTime([time][, format])`: without arguments, or with undefined, the present. */
function format([value, pattern = '%c']: readonly Value[], scope: Scope): Value {
  const time = value === undefined ? scope.now() : value;
  if (time instanceof ErrorValue) return time;
  const seconds = time instanceof AbsTime ? time.seconds : isInteger(time) ? Number(time) : undefined;
  if (seconds === undefined || typeof pattern !== 'string')
    return errorValue('formatTime takes a time and a string');
  const offset = time instanceof AbsTime ? time.offset : offsetAt(scope, seconds);
  return formatTime(seconds, offset, pattern);
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
  absTime: scoped(1, 2, absTime),
  relTime: pure(1, 1, relTime),
  getYear: ofInstant((date) => date.getUTCFullYear()),
  getMonth: ofInstant((date) => date.getUTCMonth() + 1),
  getDayOfYear: ofInstant(dayOfYear),
  getDayOfMonth: ofInstant((date) => date.getUTCDate()),
  getDayOfWeek: ofInstant((date) => date.getUTCDay()),
  getDays: pure(1, 1, ([value]) => {
    if (value instanceof RelTime) return Math.trunc(value.seconds / 86_400) + 0;
    return value instanceof ErrorValue ? value : errorValue(`${typeOf(value)} is no span of time`);
  }),
  getHours: ofEither(
    (date) => date.getUTCHours(),
    (seconds) => (seconds / 3600) % 24,
  ),
  getMinutes: ofEither(
    (date) => date.getUTCMinutes(),
    (seconds) => (seconds / 60) % 60,
  ),
  getSeconds: ofEither(
    (date) => date.getUTCSeconds(),
    (seconds) => seconds % 60,
  ),
  interval: pure(1, 1, interval),
  splitTime: scoped(1, 1, splitTime),
  formatTime: scoped(0, 2, format),
};
