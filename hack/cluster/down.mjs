import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Advice } from '../progress.mjs';
import { removeCgroups } from './cgroups.mjs';
import { withLock } from './lock.mjs';
import { checkedName, stateFolder } from './places.mjs';
import { killMarked, markedProcesses } from './processes.mjs';

/**
 * Stops a cluster and removes whatever it or a crashed predecessor left. It can be repeated safely.
 *
 * @param {{ name: string, log: import('../progress.mjs').Log }} options
 * @throws {Advice} when something cannot be removed
 */
export async function down({ name, log }) {
  const state = stateFolder(checkedName(name));
  const waiting = (owner) =>
    log.note(`      waiting for process ${owner}, which is starting or stopping ${name}`);
  await withLock(`${state}.lock`, waiting, async () => {
    const nothing = !existsSync(state) && markedProcesses(state).length === 0;
    await log.step(nothing ? `${name} is not up` : `stop ${name}`, () => removeCluster(name));
  });
}

/**
 * Ends the processes first: with the last one, the kernel removes their namespaces, and with these all mounts, interfaces and
 * nftables rules. Then it removes what namespaces do not contain.
 *
 * @param {string} name
 * @param {{ keepLogs?: boolean }} [options] keep the log folder, for who looks at a failed start
 */
export async function removeCluster(name, { keepLogs = false } = {}) {
  const state = stateFolder(name);
  const alive = await killMarked(state);
  if (alive.length > 0) {
    throw new Advice(
      `The processes ${alive.join(', ')} of ${name} do not end, even after SIGKILL. Check what they wait for (cat /proc/PID/stack) and run "down" again.`,
    );
  }
  const groups = await removeCgroups(name);
  if (groups.length > 0) {
    throw new Advice(
      `The control groups ${groups.join(', ')} are still in use. End the processes in them (cat …/cgroup.procs) and run "down" again.`,
    );
  }
  const keep = keepLogs ? ['logs', 'progress'] : [];
  const entries = existsSync(state) ? await readdir(state) : [];
  for (const entry of entries.filter((each) => !keep.includes(each))) {
    await rm(join(state, entry), { recursive: true, force: true, maxRetries: 5 });
  }
  if (!keepLogs) await rm(state, { recursive: true, force: true });
}
