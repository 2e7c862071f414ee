import { ClassAd } from '#classad/class-ad.ts';
import type { Resources } from './resources.ts';

/** What a slot ad says it has. */
export function offerOf(slot: ClassAd): Resources {
  return {
    cpus: slot.evaluateNumber('Cpus') ?? 0,
    memory: slot.evaluateNumber('Memory') ?? 0,
    disk: slot.evaluateNumber('Disk') ?? 0,
    gpus: slot.evaluateNumber('GPUs') ?? 0,
  };
}

/** The slot ad of a partitionable slot of which only `free` is left; `slot` itself stays as it is. */
export function withFree(slot: ClassAd, free: Resources): ClassAd {
  const ad = new ClassAd(slot);
  ad.setValue('Cpus', free.cpus);
  ad.setValue('Memory', free.memory);
  ad.setValue('Disk', free.disk);
  ad.setValue('GPUs', free.gpus);
  return ad;
}
