/** A share of a machine in HTCondor's units: cores, MiB of memory, KiB of disk, GPUs. */
export interface Resources {
  readonly cpus: number;
  readonly memory: number;
  readonly disk: number;
  readonly gpus: number;
}

export const resourceNames = ['cpus', 'memory', 'disk', 'gpus'] as const;

export type ResourceName = (typeof resourceNames)[number];

export const nothing: Resources = { cpus: 0, memory: 0, disk: 0, gpus: 0 };

export const plus = (a: Resources, b: Resources): Resources => ({
  cpus: a.cpus + b.cpus,
  memory: a.memory + b.memory,
  disk: a.disk + b.disk,
  gpus: a.gpus + b.gpus,
});

export const minus = (a: Resources, b: Resources): Resources => ({
  cpus: a.cpus - b.cpus,
  memory: a.memory - b.memory,
  disk: a.disk - b.disk,
  gpus: a.gpus - b.gpus,
});

/** The first resource of which `wish` asks for more than `free` has; undefined if all of it fits. */
export const lacking = (wish: Resources, free: Resources): ResourceName | undefined =>
  isEnough(free, wish) ? undefined : resourceNames.find((name) => wish[name] > free[name]);

/** Whether all of `wish` fits into `free`. */
export const isEnough = (free: Resources, wish: Resources): boolean =>
  !(wish.cpus > free.cpus || wish.memory > free.memory || wish.disk > free.disk || wish.gpus > free.gpus);

/** The larger of each resource. */
export const largest = (a: Resources, b: Resources): Resources => ({
  cpus: Math.max(a.cpus, b.cpus),
  memory: Math.max(a.memory, b.memory),
  disk: Math.max(a.disk, b.disk),
  gpus: Math.max(a.gpus, b.gpus),
});
