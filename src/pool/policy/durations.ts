import { holdCodes } from '#base/hold-codes.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import type { Hold } from '../jobs/job.ts';

const two = (number: number): string => String(number).padStart(2, '0');

/** A duration as HTCondor writes it: `MM:SS`, `HH:MM:SS` or `D+HH:MM:SS`. */
export function shortTime(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  if (days > 0) return `${days}+${two(hours)}:${rest}`;
  return hours > 0 ? `${two(hours)}:${rest}` : rest;
}

/** The hold for a running job that has exceeded its own limits: AllowedJobDuration counts from its claim, AllowedExecuteDuration from the start of its program. */
export function exceededDuration(ad: ClassAd, environment: Environment): Hold | undefined {
  const now = environment.now?.() ?? 0;
  const seconds = (name: string): number | undefined => {
    const number = ad.evaluateNumber(name, undefined, environment);
    return number === undefined ? undefined : Math.trunc(number);
  };
  const allowed = seconds('AllowedJobDuration');
  if (allowed !== undefined && now - (seconds('ShadowBday') ?? now) >= allowed) {
    const reason = `The job exceeded allowed job duration of ${shortTime(allowed)}`;
    return { code: holdCodes.jobDurationExceeded, reason };
  }
  const execute = seconds('AllowedExecuteDuration');
  const began = seconds('JobCurrentStartDate');
  if (execute === undefined || began === undefined || now - began <= execute) return undefined;
  return {
    code: holdCodes.executeExceeded,
    reason: `The job exceeded allowed execute duration of ${shortTime(execute)}`,
  };
}
