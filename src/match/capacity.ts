import type { ClassAd } from '#classad/class-ad.ts';
import { fitOf } from './fit.ts';
import { fixedRequestOf } from './request.ts';
import { minus, type Resources, resourceNames } from './resources.ts';
import { withFree } from './slot.ts';
import type { WeighingEnvironment } from './weighing-environment.ts';

/** A job that represents its autocluster. */
export interface PackedJob {
  readonly ad: ClassAd;
  /** What its expressions may read, and how much work they may take in all. */
  readonly environment: WeighingEnvironment;
  /** What it takes of any slot. Undefined: that depends on the slot. */
  readonly takes: Resources | undefined;
}

export const packedJob = (ad: ClassAd, environment: WeighingEnvironment): PackedJob => ({
  ad,
  environment,
  takes: fixedRequestOf(ad),
});

/** How many jobs fit, and what is left after a number of them (no more than fit). */
export interface Capacity {
  readonly jobs: number;
  readonly left: (jobs: number) => Resources;
}

/**
 * How many equal jobs, up to `most`, fit into a slot with `free` left. The answer is a division, and a match of the last
 * job confirms it. If expressions read what is left (Requirements that want two free cores, a request for half of the
 * slot), a search finds where they stop matching. An expression that becomes true again with even less left counts as
 * false from there on.
 */
export function capacity(
  { ad, environment }: PackedJob,
  slot: ClassAd,
  free: Resources,
  most: number,
): Capacity {
  const first = fitOf(ad, withFree(slot, free), environment);
  if (!first.fits || most < 1) return { jobs: 0, left: () => free };
  const { takes } = first;
  const left = (jobs: number): Resources => minus(free, times(takes, jobs));
  const isSame = (jobs: number): boolean => {
    const verdict = fitOf(ad, withFree(slot, left(jobs - 1)), environment);
    return verdict.fits && resourceNames.every((name) => verdict.takes[name] === takes[name]);
  };
  let [low, high] = [1, Math.min(most, quotient(free, takes))];
  if (high <= 1 || isSame(high)) return { jobs: Math.max(1, high), left };
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isSame(middle)) low = middle;
    else high = middle;
  }
  return { jobs: low, left };
}

const times = (one: Resources, count: number): Resources => ({
  cpus: one.cpus * count,
  memory: one.memory * count,
  disk: one.disk * count,
  gpus: one.gpus * count,
});

/** How often `part` fits into `whole`. A job takes at least one core, so this is at most the cores that a slot may offer. */
const quotient = (whole: Resources, part: Resources): number =>
  Math.min(
    ...resourceNames.map((name) =>
      part[name] > 0 ? Math.floor(whole[name] / part[name]) : Number.POSITIVE_INFINITY,
    ),
  );
