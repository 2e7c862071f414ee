import { count } from '#base/count.ts';
import { formatBytes } from '#base/quantity.ts';
import type { GroupDecision } from '#pressure/decision.ts';

/** Cores and bytes of memory. */
interface Amount {
  readonly cpus: number;
  readonly memory: number;
}

/** What all pilots on this machine may offer together. */
export type Machine = Amount;

/** Bytes that are left for the pool and for whatever else runs here. */
export const memoryReserve = 512 * 2 ** 20;

/** A group with its decision, the size of one of its pilots, and the number of its pilots, including those that leave. */
export interface MachineUser {
  readonly decision: GroupDecision;
  readonly size: Amount;
  readonly present: number;
}

/** `2 cores and 7.5Gi of memory` */
export const machineInWords = ({ cpus, memory }: Machine): string =>
  `${count(cpus, 'core')} and ${formatBytes(memory)} of memory`;

/**
 * The decisions, limited to the pilots for which this machine has room: no core and no byte of memory is promised twice.
 * Groups get pilots in turn. What was cut appears as the limit `machine`, whose value is the number of cores.
 */
export function capByMachine(users: readonly MachineUser[], machine: Machine): GroupDecision[] {
  let left: Amount = users.reduce((room, { size, present }) => less(room, size, present), machine);
  const add = users.map(() => 0);
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (const [index, { decision, size }] of users.entries()) {
      if ((add[index] ?? 0) >= decision.add || size.cpus > left.cpus || size.memory > left.memory) continue;
      left = less(left, size, 1);
      add[index] = (add[index] ?? 0) + 1;
      isNew = true;
    }
  }
  return users.map(({ decision }, index) => without(decision, decision.add - (add[index] ?? 0), machine));
}

const less = (room: Amount, size: Amount, pilots: number): Amount => ({
  cpus: room.cpus - size.cpus * pilots,
  memory: room.memory - size.memory * pilots,
});

function without(decision: GroupDecision, denied: number, machine: Machine): GroupDecision {
  if (denied === 0) return decision;
  return {
    ...decision,
    add: decision.add - denied,
    wanted: decision.wanted - denied,
    reason: `${decision.reason}; limited by this machine: ${machineInWords(machine)}`,
    limits: [...decision.limits, { name: 'machine', value: machine.cpus, count: denied }],
  };
}
