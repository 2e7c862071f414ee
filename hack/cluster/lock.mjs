import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processIdentity } from './processes.mjs';

const lookAgainMs = 500;

/**
 * Runs `work` while no other process on this machine holds the same lock. This only avoids duplicate work and keeps `up` and
 * `down` apart: what it protects is also made under a temporary name and renamed, so breaking a lock by hand corrupts
 * nothing. The file names its owner, so a lock whose owner was killed is taken over at once.
 *
 * @template T
 * @param {string} file
 * @param {(owner: number) => void} onWait called once when another process has the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, onWait, work) {
  await mkdir(dirname(file), { recursive: true });
  let told = false;
  while (!(await taken(file))) {
    const owner = await ownerOf(file);
    if (!isAlive(owner)) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) onWait(owner.pid);
    told = true;
    await sleep(lookAgainMs);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function taken(file) {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify(processIdentity(process.pid)));
    await handle.close();
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** A file that is not yet complete belongs to a process that is just taking the lock: look again. */
async function ownerOf(file) {
  for (let attempt = 0; attempt < 4; attempt++) {
    try {
      return JSON.parse(await readFile(file, 'utf8'));
    } catch {
      await sleep(50);
    }
  }
  return undefined;
}
