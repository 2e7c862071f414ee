import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parseStat } from './process-tree.ts';

/** Levels of a container's tree that are apptainer's own: the process that was spawned, and PID 1 of the container. */
const runtimeLevels = 2;

/**
 * The processes of a container's payload by their numbers outside: all descendants of apptainer's process but its
 * own. Read from the tree itself, not from the table of the whole machine, because it is read often. What the payload
 * orphans becomes a child of the container's PID 1 and stays in the tree.
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

type Children = (pid: number) => readonly number[];

/** Few kernels are built without lists of children; there the whole table is read. */
const childrenReader = (): Children =>
  existsSync(`/proc/self/task/${process.pid}/children`) ? childrenOf : childrenInTable();

/** Each thread has children of its own. A process that has ended has none. */
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
