/** What tests use of processes.mjs. */

/** The pids of all living processes that carry the mark of this cluster's state folder. */
export function markedProcesses(state: string): number[];
