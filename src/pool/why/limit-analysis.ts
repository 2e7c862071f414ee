import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { ConcurrencyLimits } from '../negotiator/concurrency-limits.ts';
import { requestedLimits } from '../negotiator/requested-limits.ts';

interface Look {
  readonly limits: ConcurrencyLimits;
  readonly environment: Environment;
}

/** The concurrency limit that keeps a job from running anywhere; undefined if none does, or if that depends on the slot. */
export function limitInWords(job: ClassAd, { limits }: Pick<Look, 'limits'>): string | undefined {
  const { everywhere } = requestedLimits(job);
  const short = everywhere && limits.lacking(everywhere);
  return short === undefined ? undefined : sentence(short, limits);
}

/** The limit that keeps a job from all of `slots`, which fit it otherwise, if its limits depend on the slot. */
export function limitOnSlots(
  job: ClassAd,
  slots: readonly ClassAd[],
  { limits, environment }: Look,
): string | undefined {
  const { everywhere, on } = requestedLimits(job);
  if (everywhere !== undefined) return undefined;
  const reached = slots.map((slot) => limits.lacking(on(slot, environment)));
  const [first] = reached;
  return first !== undefined && !reached.includes(undefined) ? sentence(first, limits) : undefined;
}

function sentence({ name, amount }: Limit, limits: ConcurrencyLimits): string {
  const there = limits.of(name);
  const taken = limits.taken(name);
  const limit = `the limit of ${name} is ${inWords(there)}`;
  if (amount > there)
    return `${limit} in this pool and the job takes ${inWords(amount)}, so it cannot run: submit it with less`;
  const until = 'it starts when jobs that use it have ended';
  if (taken >= there) return `${limit}, ${there === 1 ? 'and that is' : 'all of them'} in use: ${until}`;
  return `${limit}, of which ${inWords(taken)} ${taken === 1 ? 'is' : 'are'} in use, and the job takes ${inWords(amount)}: ${until}`;
}

/** Rounded, because sums of fractions have rounding errors. */
const inWords = (amount: number): string => String(Number(amount.toFixed(6)));
