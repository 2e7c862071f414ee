import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { asNumber, isTrue, isUndefined, type Value } from '#classad/value.ts';
import { requestOf } from './request.ts';
import { lacking, type ResourceName, type Resources } from './resources.ts';
import { offerOf } from './slot.ts';

/**
 * Whether a job can run in a slot, and if not, what prevents it. `perhaps` means that an expression reads an attribute that is
 * undefined: for a registered slot that is a no, but a slot that does not exist yet may still define it.
 */
export type Fit =
  | { readonly fits: true; readonly takes: Resources; readonly rank: number }
  | {
      readonly fits: false;
      readonly mismatch: ResourceName | 'jobRequirements' | 'slotRequirements';
      readonly perhaps: boolean;
    };

/**
 * Matches a job and a (partitionable) slot from both sides, as HTCondor's negotiator does: the free resources, the
 * job's Requirements, the slot's Requirements. A missing Requirements is no match.
 * @param environment what `time()` and `random()` return; without it they are errors
 * @param slotEnvironment the same for the slot's expressions, if their evaluation has a budget of its own
 */
export function fitOf(
  job: ClassAd,
  slot: ClassAd,
  environment?: Environment,
  slotEnvironment: Environment | undefined = environment,
): Fit {
  const takes = requestOf(job, slot, environment);
  const short = lacking(takes, offerOf(slot));
  if (short !== undefined) return { fits: false, mismatch: short, perhaps: false };
  const jobSays = job.evaluate('Requirements', slot, environment);
  if (!isTrue(jobSays)) return { fits: false, mismatch: 'jobRequirements', perhaps: isUndefined(jobSays) };
  const slotSays = slot.evaluate('Requirements', job, slotEnvironment);
  if (!isTrue(slotSays)) return { fits: false, mismatch: 'slotRequirements', perhaps: isUndefined(slotSays) };
  return { fits: true, takes, rank: rankOf(job, slot, environment) };
}

const rankOf = (job: ClassAd, slot: ClassAd, environment: Environment | undefined): number =>
  rankIn(job.evaluate('Rank', slot, environment));

/** A rank that is not a number, or is NaN, counts as 0. */
export function rankIn(value: Value): number {
  const rank = asNumber(value) ?? 0;
  return Number.isNaN(rank) ? 0 : rank;
}
