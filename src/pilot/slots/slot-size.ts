import type { Machine } from './machine.ts';

/** What a pilot offers: cores, bytes and GPUs. */
export interface SlotSize {
  readonly cpus: number;
  readonly memory: number;
  readonly disk: number;
  readonly gpus: number;
}

/** Something that was declared, and that the machine does not have. */
export interface Shortage {
  readonly what: 'cpus' | 'memory' | 'disk' | 'gpus';
  readonly declared: number;
  readonly found: number;
}

/**
 * What can really be offered. Memory, disk and GPUs are reduced to what the machine has: a pilot that promised more would get
 * its jobs killed. Cores are not reduced, because a share of a core only makes jobs slower.
 */
export function slotSize(declared: SlotSize, machine: Machine): { size: SlotSize; shortages: Shortage[] } {
  const all: Shortage[] = (['cpus', 'memory', 'disk', 'gpus'] as const).map((what) => ({
    what,
    declared: declared[what],
    found: machine[what],
  }));
  return {
    size: {
      cpus: declared.cpus,
      memory: Math.min(declared.memory, machine.memory),
      disk: Math.min(declared.disk, machine.disk),
      gpus: Math.min(declared.gpus, machine.gpus),
    },
    shortages: all.filter((each) => each.declared > each.found),
  };
}
