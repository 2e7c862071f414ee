import { readdir, readFile } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';

/** Whether a process with this id exists, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Processes whose command line names something below `directory`: what a pilot started names its directory. */
async function processesNaming(directory: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const naming = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return pid !== process.pid && line.includes(`${directory}/`);
    }),
  );
  return pids.filter((_, index) => naming[index]);
}

/**
 * Ends every process that still names `directory`. Payloads die with their pilot by themselves; this is the proof.
 * @returns whether none is left after `patience` milliseconds
 */
export async function endProcessesOf(directory: string, clock: Clock, patience = 10_000): Promise<boolean> {
  const deadline = clock.monotonic() + patience;
  for (;;) {
    const left = await processesNaming(directory);
    if (left.length === 0) return true;
    if (clock.monotonic() > deadline) return false;
    for (const pid of left) killQuietly(pid, 'SIGKILL');
    await sleep(clock, 20);
  }
}

/** Sends a signal to a process, or to a group when `pid` is negative; one that is gone already is fine. */
export function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
