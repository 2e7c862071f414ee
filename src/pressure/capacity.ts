import type { ClassAd } from '#classad/class-ad.ts';
import { fitOf } from '#match/fit.ts';
import { requestOf } from '#match/request.ts';
import { minus, type Resources, resourceNames } from '#match/resources.ts';
import { withFree } from '#match/slot.ts';
import type { WeighingEnvironment } from './weighing-environment.ts';

/** A job that stands for all of its autocluster. */
export interface PackedJob {
  readonly ad: ClassAd;
  /** What its expressions may know, and the work that they may take in all. */
  readonly environment: WeighingEnvironment;
  /** What it takes of any slot; undefined when that depends on the slot. */
  readonly takes: Resources | undefined;
}

const requests = ['RequestCpus', 'RequestMemory', 'RequestDisk', 'RequestGPUs'];

export function packedJob(ad: ClassAd, environment: WeighingEnvironment): PackedJob {
  const fixed = requests.every((name) => (ad.get(name)?.kind ?? 'literal') === 'literal');
  return { ad, environment, takes: fixed ? requestOf(ad) : undefined };
}

/** How many jobs fit, and what is left when so many of them (that many at most) are in. */
export interface Capacity {
  readonly jobs: number;
  readonly left: (jobs: number) => Resources;
}

/**
 * How many jobs like `job` fit into a slot of which `free` is left, up to `most`. The answer is a division, which the
 * last of these jobs confirms; expressions that look at what is left (a Requirements that wants two free cores, a
 * request for half of the slot) are followed to where they stop it. One that becomes true again with less left is
 * taken for false from then on.
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

/** How often `part` is in `whole`; a job takes at least one core, so this is a number. */
const quotient = (whole: Resources, part: Resources): number =>
  Math.min(
    ...resourceNames.map((name) =>
      part[name] > 0 ? Math.floor(whole[name] / part[name]) : Number.POSITIVE_INFINITY,
    ),
  );
