import { ClassAd } from '#classad/class-ad.ts';
import type { Resources } from './resources.ts';

/** What a slot ad offers. A value that is not an amount (NaN, infinite, negative, not a number) counts as 0. */
export function offerOf(slot: ClassAd): Resources {
  return {
    cpus: amount(slot, 'Cpus'),
    memory: amount(slot, 'Memory'),
    disk: amount(slot, 'Disk'),
    gpus: amount(slot, 'GPUs'),
  };
}

function amount(slot: ClassAd, name: string): number {
  const value = slot.evaluateNumber(name) ?? 0;
  return Number.isFinite(value) && value > 0 ? value : 0;
}

/** The ad of a partitionable slot of which only `free` is left; `slot` itself is not changed. */
export function withFree(slot: ClassAd, free: Resources): ClassAd {
  const ad = new ClassAd(slot);
  ad.setValue('Cpus', free.cpus);
  ad.setValue('Memory', free.memory);
  ad.setValue('Disk', free.disk);
  ad.setValue('GPUs', free.gpus);
  return ad;
}
