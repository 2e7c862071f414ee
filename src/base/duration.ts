import { GlideinError } from './error.ts';

const unitMilliseconds: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Characters; a longer text would be a meaningless number. */
const longestText = 64;

/** What a duration looks like in manifests and flags: `90s`, `1h30m`, `500ms`, `2d`. */
export const durationPattern = /^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$/;

/**
 * Milliseconds of a duration such as `1h30m`.
 * @throws GlideinError InvalidArgument when the text is not a duration
 */
export function parseDuration(text: string): number {
  if (text.length > longestText || !durationPattern.test(text)) {
    throw new GlideinError('InvalidArgument', `"${text}" is not a duration`, {
      cure: 'write a number with a unit, such as 90s, 20m or 1h30m',
    });
  }
  let total = 0;
  for (const [, amount, , unit] of text.matchAll(/([0-9]+(\.[0-9]+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (unitMilliseconds[unit ?? ''] ?? 0);
  }
  return Math.round(total);
}

/** A duration for people: the two largest units, such as `3m20s`, `1d2h` or `0.4s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds / 100) / 10)}s`;
  const seconds = Math.round(milliseconds / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join('');
}
