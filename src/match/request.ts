import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import type { Resources } from './resources.ts';

/** Rounds up to a multiple of `step`. */
const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** An infinite request stays infinite: it fits nowhere, as its author wrote it. */
const orElse = (value: number | undefined, fallback: number): number =>
  value === undefined || Number.isNaN(value) || value < 0 ? fallback : value;

/**
 * What a job takes from a partitionable slot: its Request expressions, evaluated against the slot and rounded up as
 * HTCondor's MODIFY_REQUEST_EXPR defaults do (1 core, 128 MiB, 1024 KiB). A request of 0, or a missing one,
 * counts as the minimum.
 */
export function requestOf(job: ClassAd, slot?: ClassAd, environment?: Environment): Resources {
  const asked = (name: string, fallback: number, step: number): number =>
    roundUp(orElse(job.evaluateNumber(name, slot, environment), fallback), step);
  return {
    cpus: Math.max(1, asked('RequestCpus', 1, 1)),
    memory: Math.max(128, asked('RequestMemory', 128, 128)),
    disk: Math.max(1024, asked('RequestDisk', 1024, 1024)),
    gpus: asked('RequestGPUs', 0, 1),
  };
}

/** The Request expressions. */
export const requests = ['RequestCpus', 'RequestMemory', 'RequestDisk', 'RequestGPUs'] as const;

/** What a job takes of any slot; undefined if that depends on the slot. */
export function fixedRequestOf(job: ClassAd): Resources | undefined {
  const isFixed = requests.every((name) => (job.get(name)?.kind ?? 'literal') === 'literal');
  return isFixed ? requestOf(job) : undefined;
}
