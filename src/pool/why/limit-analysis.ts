import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { fitOf } from '#match/fit.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { ConcurrencyLimits } from '../negotiator/concurrency-limits.ts';
import { requestedLimits } from '../negotiator/requested-limits.ts';

interface Look {
  readonly limits: ConcurrencyLimits;
  readonly environment: Environment;
}

/** The concurrency limit that keeps a job from every slot that fits it; undefined if none does. */
export function limitInWords(
  job: ClassAd,
  slots: readonly ClassAd[],
  { limits, environment }: Look,
): string | undefined {
  const asked = requestedLimits(job);
  const short = asked.everywhere && limits.lacking(asked.everywhere);
  if (short !== undefined) return sentence(short, limits);
  if (asked.everywhere !== undefined) return undefined;
  const fitting = slots.filter((slot) => fitOf(job, slot, environment).fits);
  const reached = fitting.map((slot) => limits.lacking(asked.on(slot, environment)));
  const [first] = reached;
  return first !== undefined && !reached.includes(undefined) ? sentence(first, limits) : undefined;
}

function sentence({ name, amount }: Limit, limits: ConcurrencyLimits): string {
  const there = limits.of(name);
  const taken = limits.taken(name);
  const limit = `the limit of ${name} is ${inWords(there)}`;
  if (amount > there) return `${limit} in this pool and the job takes ${inWords(amount)}, so it cannot run`;
  if (taken >= there) return `${limit}, ${there === 1 ? 'and that is' : 'all of them'} in use`;
  return `${limit}, of which ${inWords(taken)} ${taken === 1 ? 'is' : 'are'} in use, and the job takes ${inWords(amount)}`;
}

/** Rounded, because sums of fractions have rounding errors. */
const inWords = (amount: number): string => String(Number(amount.toFixed(6)));
