import type { ClassAd } from '#classad/class-ad.ts';
import type { Resources } from './resources.ts';

/** Up to a whole multiple of `step`. */
const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

const atLeast = (value: number | undefined, fallback: number): number =>
  value === undefined || !Number.isFinite(value) || value < 0 ? fallback : value;

/**
 * What a job takes of a partitionable slot: its Request expressions, looked at together with the slot, rounded up as
 * HTCondor's MODIFY_REQUEST_EXPR defaults do (1 core, 128 MiB, 1024 KiB). A missing request counts as the least.
 */
export function requestOf(job: ClassAd, slot?: ClassAd): Resources {
  return {
    cpus: Math.max(1, roundUp(atLeast(job.evaluateNumber('RequestCpus', slot), 1), 1)),
    memory: roundUp(atLeast(job.evaluateNumber('RequestMemory', slot), 128), 128),
    disk: roundUp(atLeast(job.evaluateNumber('RequestDisk', slot), 1024), 1024),
    gpus: roundUp(atLeast(job.evaluateNumber('RequestGPUs', slot), 0), 1),
  };
}
