import type { AbsTime, RelTime } from './value.ts';

/** `2020-01-02T03:04:05-00:00`: local time of the zone, then the zone; UTC prints as `-00:00`. */
export function printAbsTime(time: AbsTime): string {
  const local = new Date((time.seconds + time.offset) * 1000);
  if (Number.isNaN(local.getTime())) return String(time.seconds);
  const minutes = Math.trunc(Math.abs(time.offset) / 60);
  const zone = `${time.offset > 0 ? '+' : '-'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
  return local.toISOString().slice(0, -5) + zone;
}

/** `1+02:03:04`; leading fields that are zero are left out, but the seconds; a fraction is cut off. */
export function printRelTime(time: RelTime): string {
  const total = Math.trunc(Math.abs(time.seconds));
  const days = Math.trunc(total / 86_400);
  const hours = Math.trunc(total / 3600) % 24;
  const minutes = Math.trunc(total / 60) % 60;
  const fields = [hours, minutes, total % 60].map(two);
  const shown = days > 0 ? 0 : [hours > 0, minutes > 0, true].indexOf(true);
  const sign = time.seconds < 0 ? '-' : '';
  return `${sign}${days > 0 ? `${days}+` : ''}${fields.slice(shown).join(':')}`;
}

export function two(value: number): string {
  return String(value).padStart(2, '0');
}
