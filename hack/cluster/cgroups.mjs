import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Advice } from '../progress.mjs';

/**
 * Control groups are the only part of a node that its namespaces do not contain. Each cluster gets a group of its own at the
 * top of every hierarchy; the kubelet puts pods below it, and it must be removed afterwards.
 */

const mountPoint = '/sys/fs/cgroup';

/** The group's name in the form that the kubelet expects. */
export const cgroupOf = (name) => `/glidein-cluster-${name}`;

/** @param {string} name of the cluster */
export async function makeCgroups(name) {
  try {
    for (const hierarchy of await hierarchies()) await makeCgroup(hierarchy, join(hierarchy, cgroupOf(name)));
  } catch (error) {
    throw new Advice(
      `The node needs control groups, but this machine does not allow creating one (${error.message}). ` +
        'In a container, start the container with --privileged and --cgroupns=host.',
    );
  }
}

/** The folders where a group can be made: one for each controller (version 1, besides perhaps a `unified` one), or a single one (version 2). */
async function hierarchies() {
  if (isVersion2()) return [mountPoint];
  const entries = await readdir(mountPoint, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(mountPoint, entry.name))
    .filter((folder) => existsSync(join(folder, 'cgroup.procs')));
}

const isVersion2 = () => existsSync(join(mountPoint, 'cgroup.controllers'));

async function makeCgroup(hierarchy, folder) {
  if (isVersion2()) {
    // A group only has the controllers that its parent passes on.
    const controllers = (await readFile(join(hierarchy, 'cgroup.controllers'), 'utf8')).trim().split(' ');
    for (const controller of controllers) {
      await writeFile(join(hierarchy, 'cgroup.subtree_control'), `+${controller}`).catch(() => undefined);
    }
  }
  await mkdir(folder, { recursive: true });
  if (!existsSync(join(folder, 'cpuset.cpus')) || isVersion2()) return;
  // A new group of this controller has no processors and memory nodes at first, and then accepts no process.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(folder, file), await readFile(join(hierarchy, file)));
  }
}

/**
 * Removes the cluster's groups. The kernel needs a moment after the last process before it lets them go.
 *
 * @param {string} name
 * @returns {Promise<string[]>} what could not be removed
 */
export async function removeCgroups(name) {
  let left = [];
  for (let attempt = 0; attempt < 50; attempt++) {
    left = [];
    for (const hierarchy of await hierarchies().catch(() => [])) {
      left.push(...(await removeTree(join(hierarchy, cgroupOf(name)))));
    }
    if (left.length === 0) return left;
    await sleep(100);
  }
  return left;
}

/** Removes groups from the leaves up; the files in them belong to the kernel and vanish with their folder. */
async function removeTree(folder) {
  if (!existsSync(folder)) return [];
  const left = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) left.push(...(await removeTree(join(folder, entry.name))));
  }
  await rmdir(folder).catch((error) => {
    if (error.code !== 'ENOENT') left.push(folder);
  });
  return left;
}
