import { spawn, spawnSync } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Advice } from '../progress.mjs';
import { ensureBuilt } from './build.mjs';
import { makeCgroups } from './cgroups.mjs';
import { lastLines } from './component.mjs';
import { makeCredentials } from './credentials.mjs';
import { removeCluster } from './down.mjs';
import { withLock } from './lock.mjs';
import { nodeAddress } from './node-config.mjs';
import { ensurePackages, nodePackages } from './packages.mjs';
import { nodeParts } from './parts.mjs';
import { cacheFolder, checkedName, checkVisibleInNode, stateFolder } from './places.mjs';
import { markedProcesses, markVariable } from './processes.mjs';
import { readProgress, readSettings, ready, writeSettings } from './settings.mjs';

const startTimeoutMs = 120_000;

/**
 * Starts a cluster, unless it is running already, and returns when it is ready. It first removes what a crashed one left.
 *
 * @param {object} options
 * @param {string} options.name
 * @param {'node' | 'control-plane'} options.kind
 * @param {import('../progress.mjs').Log} options.log
 * @returns {Promise<{ kubeconfig: string, state: string, folders: Record<string, string> }>}
 * @throws {Advice} when something is missing on this machine, or when the cluster does not start
 */
export async function up({ name, kind, log }) {
  const state = stateFolder(checkedName(name));
  if (kind === 'node') checkMachine(state);
  const waiting = (owner) =>
    log.note(`      waiting for process ${owner}, which is starting or stopping ${name}`);
  return withLock(`${state}.lock`, waiting, async () => {
    const running = await runningSettings(state);
    if (running?.kind === kind) {
      log.note(`ok    ${name} is up already`);
      return { kubeconfig: join(state, 'kubeconfig'), state, folders: running.folders };
    }
    if (running !== undefined) {
      throw new Advice(
        `${name} is up as a ${running.kind}. Stop it with "down --name ${name}", or choose another --name.`,
      );
    }
    const folders = await ensureBuilt(kind === 'node' ? nodeParts : ['kubernetes'], { log });
    if (kind === 'node') await ensurePackages(nodePackages, log);
    await removeCluster(name);
    await start({ name, kind, state, folders, log });
    return { kubeconfig: join(state, 'kubeconfig'), state, folders };
  });
}

/** The settings of a cluster that is up and ready. */
export async function runningSettings(state) {
  const alive = markedProcesses(state).length > 0 && (await readProgress(state)) === ready;
  return alive ? readSettings(state) : undefined;
}

function checkMachine(state) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Advice(
      'A whole node needs root on Linux, for namespaces, mounts and control groups. ' +
        'Run this with sudo, or add --control-plane, which needs no root but runs no pods.',
    );
  }
  // A module that has not been used yet is not in the list.
  if (!hasOverlay()) spawnSync('modprobe', ['overlay']);
  if (!hasOverlay())
    throw new Advice(
      'This kernel has no overlay file system, which containers need. Use a kernel that has it.',
    );
  checkVisibleInNode([state, cacheFolder(), dirname(process.execPath), import.meta.dirname]);
}

const hasOverlay = () => readFileSync('/proc/filesystems', 'utf8').includes('\toverlay\n');

async function start({ name, kind, state, folders, log }) {
  for (const folder of ['kubelet/seccomp', 'containerd', 'var-log', 'logs'])
    await mkdir(join(state, folder), { recursive: true });
  const credentials =
    kind === 'node'
      ? await makeCredentials({
          folder: join(state, 'credentials'),
          kubernetes: folders.kubernetes,
          addresses: [nodeAddress, '10.96.0.1'],
          node: name,
        })
      : undefined;
  await writeSettings(state, { name, kind, folders, ...(credentials && { credentials }) });
  if (kind === 'node') await makeCgroups(name);
  const first = startFirstProcess(kind, state);
  try {
    await log.step(`start ${name}`, (waitFor) => untilReady(state, first, waitFor));
  } catch (error) {
    await removeCluster(name, { keepLogs: true });
    throw error;
  }
}

/** Outlives this command, and carries the mark by which `down` finds it and all its descendants. */
function startFirstProcess(kind, state) {
  const program = kind === 'node' ? 'node-outside.mjs' : 'control-plane-service.mjs';
  const output = openSync(join(state, 'logs', 'first.log'), 'a');
  const child = spawn(process.execPath, [join(import.meta.dirname, program), state], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, [markVariable]: state },
  });
  child.unref();
  return child;
}

async function untilReady(state, first, waitFor) {
  const end = Date.now() + startTimeoutMs;
  while (Date.now() < end) {
    const progress = await readProgress(state);
    if (progress === ready) return;
    if (first.exitCode !== null || first.signalCode !== null) break;
    waitFor(progress);
    await sleep(50);
  }
  throw new Advice(
    `The cluster did not become ready; it was waiting for ${(await readProgress(state)) || 'its first process'}. ` +
      `The logs in ${join(state, 'logs')} say why; the first process said:\n${await lastLines(join(state, 'logs', 'first.log'))}`,
  );
}
