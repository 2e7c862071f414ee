import { join } from 'node:path';
import { controlGroups, type ReadText, readText } from '../../runtime/control-groups.ts';

/** The memory that the pilot and its payloads may take together: the pod's, or the machine's. */
export interface NodeMemory {
  /** Bytes until the kernel kills somebody. */
  left(): number;
  /** Bytes of the limit; infinite where there is none. */
  limit(): number;
  /** Bytes that the machine has left, whatever the limit. */
  machine(): number;
  /** Processes that the kernel has killed because memory ran out, since the cgroup was made. */
  kills(): number;
}

interface Control {
  readonly directory: string;
  readonly limit: string;
  readonly usage: string;
  readonly events: string;
}

const v2 = { limit: 'memory.max', usage: 'memory.current', events: 'memory.events' };
const v1 = { limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', events: 'memory.oom_control' };

/** Without a limit, the kernel says `max`, or a number greater than any machine has. */
const beyondAnyMachine = 2 ** 60;

/** Reads the cgroup (v1 or v2) that this process lives in, and the machine's own memory. */
export function nodeMemory(read: ReadText = readText): NodeMemory {
  const control = limitedControl(read);
  const value = (name: string) => Number(read(join(control?.directory ?? '', name)));
  const ofMachine = () => inBytes(read('/proc/meminfo'), /^MemAvailable:\s+(\d+) kB$/m, 1024);
  return {
    machine: ofMachine,
    limit: () => (control === undefined ? Number.POSITIVE_INFINITY : value(control.limit)),
    left: () => {
      const machine = ofMachine();
      if (control === undefined) return machine;
      // The kernel drops pages of files that were read only once before it kills anybody.
      const cached = inBytes(
        read(join(control.directory, 'memory.stat')),
        /^(?:total_)?inactive_file (\d+)$/m,
        1,
      );
      const left = value(control.limit) - value(control.usage) + (Number.isFinite(cached) ? cached : 0);
      return Number.isFinite(left) ? Math.min(machine, left) : machine;
    },
    kills: () => {
      if (control === undefined) return 0;
      const count = /^oom_kill (\d+)$/m.exec(read(join(control.directory, control.events)) ?? '')?.[1];
      return Number(count ?? 0);
    },
  };
}

function inBytes(text: string | undefined, pattern: RegExp, unit: number): number {
  const found = pattern.exec(text ?? '')?.[1];
  return found === undefined ? Number.POSITIVE_INFINITY : Number(found) * unit;
}

/** The nearest cgroup with a limit: this process's own, or the root of what a container sees. */
function limitedControl(read: ReadText): Control | undefined {
  const groups = controlGroups('memory', read);
  const places: Control[] = [
    ...groups.v2.map((directory) => ({ directory, ...v2 })),
    ...groups.v1.map((directory) => ({ directory, ...v1 })),
  ];
  return places.find(({ directory, limit }) => {
    const bytes = Number(read(join(directory, limit)) ?? Number.NaN);
    return bytes > 0 && bytes < beyondAnyMachine;
  });
}
