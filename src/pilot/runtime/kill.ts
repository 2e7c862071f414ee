/** Sends SIGKILL to a process. One that has ended already is as dead as it should be. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Sends SIGKILL to all processes of the group that this one leads. */
export function killGroup(leader: number): void {
  killProcess(-leader);
}
