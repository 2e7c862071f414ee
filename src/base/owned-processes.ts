import { readdir, readFile, stat } from 'node:fs/promises';
import type { Clock } from './clock.ts';
import { ownerVariable } from './process-owner.ts';
import { sleep } from './sleep.ts';

/**
 * This user's processes that belong to the directory or to something below it. Their environment says so: a pilot and a pool
 * pass it to whatever they start. A process that only names the directory (an editor, a `tail` of a log) is not ours to kill.
 *
 * **Gotchas.** Apptainer's own processes keep nothing of the environment that they were started with. Theirs contains their
 * configuration, which names the directories that are bound into the container.
 */
async function processesOf(directory: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const ours = await Promise.all(pids.map((pid) => isOurs(pid, directory)));
  return pids.filter((_, index) => ours[index]);
}

async function isOurs(pid: number, directory: string): Promise<boolean> {
  if (pid === process.pid) return false;
  try {
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
    if (!environment.some((entry) => saysSo(entry, directory))) return false;
    return (await stat(`/proc/${pid}`)).uid === process.getuid?.();
  } catch {
    return false;
  }
}

function saysSo(entry: string, directory: string): boolean {
  if (entry.startsWith('ENGINE_CONFIG')) return entry.includes(`"source":"${directory}/`);
  return entry === `${ownerVariable}=${directory}` || entry.startsWith(`${ownerVariable}=${directory}/`);
}

/**
 * Kills every process that still belongs to `directory`. Payloads die with their pilot anyway; this is the proof.
 * @returns whether none is left within `patience` milliseconds
 */
export async function endProcessesOf(directory: string, clock: Clock, patience = 10_000): Promise<boolean> {
  const deadline = clock.monotonic() + patience;
  for (;;) {
    const left = await processesOf(directory);
    if (left.length === 0) return true;
    for (const pid of left) killQuietly(pid, 'SIGKILL');
    if (clock.monotonic() > deadline) return false;
    await sleep(clock, 20);
  }
}

/** Sends a signal to a process, or to a group when `pid` is negative; it is no error if that is already gone. */
export function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
