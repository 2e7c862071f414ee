import { readdirSync, statSync } from 'node:fs';
import { type Contained, processesIn } from '../../runtime/container-processes.ts';

/** What the processes of a payload take of what the kernel counts. */
export interface ProcessCount {
  /** Processes and threads. */
  readonly processes: number;
  /** Open files of the process that has most. */
  readonly openFiles: number;
}

/**
 * Counts, but no further than to the first number that is larger than allowed: a payload that makes processes as fast as it
 * can must not keep the pilot counting.
 */
export function countProcesses(contained: Contained, allowed: ProcessCount): ProcessCount {
  let processes = 0;
  let openFiles = 0;
  for (const pid of processesIn(contained)) {
    processes += entriesOf(`/proc/${pid}/task`);
    openFiles = Math.max(openFiles, openFilesOf(pid));
    if (processes > allowed.processes || openFiles > allowed.openFiles) break;
  }
  return { processes, openFiles };
}

/** From Linux 6.2 on, the size of the folder is the number of its entries. */
function openFilesOf(pid: number): number {
  const path = `/proc/${pid}/fd`;
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return size > 0 ? size : entriesOf(path);
}

/** Zero when the process has ended. */
function entriesOf(path: string): number {
  try {
    return readdirSync(path).length;
  } catch {
    return 0;
  }
}
