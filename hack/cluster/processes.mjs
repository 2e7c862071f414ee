import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Starts processes that cannot outlive the process that started them, and finds those that a crash left behind.
 */

/**
 * Every process of a cluster carries this variable with the cluster's state folder as its value. So `down` finds
 * them without a list that a crash could have kept from being written, and without mistaking a reused pid.
 */
export const markVariable = 'GLIDEIN_CLUSTER_STATE';

/**
 * Like `spawn`, but the kernel kills the child when this process dies, however it dies.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function spawnTied(command, args, options) {
  return spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], options);
}

/**
 * A pid and when its process started (clock ticks after boot): together they are never reused.
 *
 * @param {number} pid
 * @returns {{ pid: number, started: string } | undefined} nothing when there is no such process
 */
export function processIdentity(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain blanks, so count fields after it: state is the 3rd, start time the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : { pid, started: fields[19] };
  } catch {
    return undefined;
  }
}

/** @param {{ pid: number, started: string } | undefined} identity */
export function isAlive(identity) {
  return identity !== undefined && processIdentity(identity.pid)?.started === identity.started;
}

/** The pids of all living processes that carry the mark of this state folder. */
export function markedProcesses(state) {
  const mark = `\0${markVariable}=${state}\0`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => pid !== process.pid && environment(pid).includes(mark) && processIdentity(pid));
}

function environment(pid) {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
  } catch {
    return '';
  }
}

/**
 * Kills every process of a cluster and waits until the last one is gone.
 *
 * @param {string} state
 * @param {number} timeoutMs
 * @returns {Promise<number[]>} pids that are still there after that time
 */
export async function killMarked(state, timeoutMs = 20_000) {
  const end = Date.now() + timeoutMs;
  let left = markedProcesses(state);
  while (left.length > 0 && Date.now() < end) {
    for (const pid of left) kill(pid);
    await sleep(100);
    left = markedProcesses(state);
  }
  return left;
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended before it got the signal.
  }
}
