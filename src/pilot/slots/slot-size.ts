import type { Machine } from './machine.ts';

/** What a pilot offers: cores and bytes. */
export interface SlotSize {
  readonly cpus: number;
  readonly memory: number;
  readonly disk: number;
}

/** A promise that the machine cannot keep. */
export interface Shortage {
  readonly what: 'cpus' | 'memory' | 'disk';
  readonly declared: number;
  readonly found: number;
}

/**
 * What can truly be offered. Memory and disk are cut to what is there: who promises more gets its jobs killed. Cores
 * are not, because a share of a core is slower but kills nothing.
 */
export function slotSize(declared: SlotSize, machine: Machine): { size: SlotSize; shortages: Shortage[] } {
  const all: Shortage[] = (['cpus', 'memory', 'disk'] as const).map((what) => ({
    what,
    declared: declared[what],
    found: machine[what],
  }));
  return {
    size: {
      cpus: declared.cpus,
      memory: Math.min(declared.memory, machine.memory),
      disk: Math.min(declared.disk, machine.disk),
    },
    shortages: all.filter((each) => each.declared > each.found),
  };
}
