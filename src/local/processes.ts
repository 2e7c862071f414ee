import { readdir, readFile, stat } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';

/**
 * Processes of this user whose command line names the directory or something below it: what a pilot or a pool started
 * names its directory. Others' processes are never ours to end, whatever they look at.
 */
async function processesNaming(directory: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const naming = await Promise.all(pids.map((pid) => isOurs(pid, directory)));
  return pids.filter((_, index) => naming[index]);
}

async function isOurs(pid: number, directory: string): Promise<boolean> {
  if (pid === process.pid) return false;
  try {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    const names = line.includes(`${directory}/`) || line.split('\0').includes(directory);
    return names && (await stat(`/proc/${pid}`)).uid === process.getuid?.();
  } catch {
    return false;
  }
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
    for (const pid of left) killQuietly(pid, 'SIGKILL');
    if (clock.monotonic() > deadline) return false;
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
