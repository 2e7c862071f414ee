import { ClassAd } from '#classad/class-ad.ts';
import type { Resources } from './resources.ts';

/** More than any machine has: a million cores or GPUs, an exbibyte. Sums of what a pool's slots offer stay exact. */
const most: Resources = { cpus: 2 ** 20, memory: 2 ** 40, disk: 2 ** 50, gpus: 2 ** 20 };

/** What a slot ad offers. A value that is not an amount (NaN, negative, not a number, more than any machine has) counts as 0. */
export function offerOf(slot: ClassAd): Resources {
  return {
    cpus: amount(slot, 'Cpus', most.cpus),
    memory: amount(slot, 'Memory', most.memory),
    disk: amount(slot, 'Disk', most.disk),
    gpus: amount(slot, 'GPUs', most.gpus),
  };
}

function amount(slot: ClassAd, name: string, limit: number): number {
  const value = slot.evaluateNumber(name) ?? 0;
  return value > 0 && value <= limit ? value : 0;
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
