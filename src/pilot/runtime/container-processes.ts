import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parseStat } from './process-tree.ts';

/** The top levels of a container's tree that belong to apptainer: the spawned process, and PID 1 of the container. */
const runtimeLevels = 2;

/**
 * The process ids, outside the container, of a payload: all descendants of apptainer except apptainer's own. They are read
 * often, so they are read from the tree itself and not from the process table of the whole machine. Orphans of the payload
 * become children of the container's PID 1, and so stay in the tree.
 */
export function containerProcesses(leader: number, children = childrenReader()): number[] {
  const found: number[] = [];
  let level = [leader];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= runtimeLevels) found.push(...level);
    level = level.flatMap(children);
  }
  return found;
}

/** A container as seen from outside. */
export interface Contained {
  /** Its outer process. */
  readonly leader: number;
  /** The outer processes of sessions that have joined it: what they run counts as the payload's. */
  readonly guests?: ReadonlySet<number> | undefined;
}

/** The processes of a payload and of the sessions in it. */
export const processesIn = ({ leader, guests = new Set() }: Contained): number[] =>
  [leader, ...guests].flatMap((each) => containerProcesses(each));

type Children = (pid: number) => readonly number[];

/** On the few kernels that are built without lists of children, the whole table is read. */
const childrenReader = (): Children =>
  existsSync(`/proc/self/task/${process.pid}/children`) ? childrenOf : childrenInTable();

/** Each thread has its own children. A process that has ended has none. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const line = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1');
      return line.split(' ').filter(Boolean).map(Number);
    });
  } catch {
    return [];
  }
}

export function childrenInTable(): Children {
  const byParent = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const entry = /^[0-9]+$/.test(name) ? parseStat(statOf(name)) : undefined;
    if (entry !== undefined) byParent.set(entry.parent, [...(byParent.get(entry.parent) ?? []), entry.pid]);
  }
  return (pid) => byParent.get(pid) ?? [];
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}
