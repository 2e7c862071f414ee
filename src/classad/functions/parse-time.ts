import { AbsTime } from '../value.ts';

const instant =
  /^\s*([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[T ]?([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?\s*$/;

/**
 * An ISO 8601 instant; dashes, colons and the zone may be missing. Days that a month lacks roll over. Without
 * a zone it is local time, `offsetAt` that instant.
 */
export function parseAbsTime(text: string, offsetAt: (seconds: number) => number): AbsTime | undefined {
  const found = instant.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = found
    .slice(1, 7)
    .map((field) => Number(field ?? '0'));
  const local = Date.UTC(year, month - 1, day, hours, minutes, seconds) / 1000;
  const offset = found[7] === undefined ? offsetAt(local) : zoneOf(found[7]);
  return new AbsTime(local - offset, offset);
}

function zoneOf(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.replace(/[^0-9]/g, '');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60;
  return zone.startsWith('-') ? 0 - seconds : seconds;
}
