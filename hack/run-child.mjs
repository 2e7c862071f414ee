import { spawn } from 'node:child_process';

/**
 * Runs commands for the scripts in this folder, always for a bounded time and in a process group of their own, so that a
 * time-out, Ctrl-C or the end of the script also ends their descendants.
 */

const graceMs = 5_000;
/** How long to wait for output after the end of the command, in case a descendant still holds the pipe. */
const drainMs = 2_000;
const live = new Set();

/**
 * @typedef {object} Ended
 * @property {number | null} code exit status, null when a signal ended the command or it never started
 * @property {string | null} signal
 * @property {boolean} timedOut
 * @property {string} stdout
 * @property {string} output standard output and standard error, in the order in which they were written
 */

/**
 * Never rejects because of the command: one that cannot be started ends with code 127.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ timeoutMs: number, cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} options
 * @returns {Promise<Ended>}
 */
export function run(command, args, { timeoutMs, cwd, env, onLine }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const collected = collect(child, onLine);
    const ended = { code: null, signal: null, timedOut: false };
    let finished = false;
    const finish = () => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      killGroup(child.pid, 'SIGKILL');
      forget(child.pid);
      resolve({ ...ended, ...collected() });
    };
    const timer = setTimeout(() => {
      ended.timedOut = true;
      killGroup(child.pid, 'SIGTERM');
      setTimeout(() => killGroup(child.pid, 'SIGKILL'), graceMs).unref();
    }, timeoutMs);
    if (child.pid !== undefined) remember(child.pid);
    child.once('error', (error) => {
      collected.append(`${error.message}\n`);
      ended.code = 127;
      finish();
    });
    child.once('exit', (code, signal) => {
      Object.assign(ended, { code, signal });
      setTimeout(finish, drainMs).unref();
    });
    child.once('close', finish);
  });
}

function collect(child, onLine) {
  let stdout = '';
  let output = '';
  let rest = '';
  const append = (text) => {
    output += text;
    if (onLine === undefined) return;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    append(text);
  });
  child.stderr?.setEncoding('utf8').on('data', append);
  return Object.assign(() => ({ stdout, output }), { append });
}

function killGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already, as intended.
  }
}

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function killAll() {
  for (const pid of live) killGroup(pid, 'SIGKILL');
}

function onSignal(signal) {
  killAll();
  process.exit(signal === 'SIGINT' ? 130 : 143);
}

function remember(pid) {
  if (live.size === 0) {
    process.on('exit', killAll);
    for (const signal of endSignals) process.on(signal, onSignal);
  }
  live.add(pid);
}

function forget(pid) {
  live.delete(pid);
  if (live.size > 0) return;
  process.off('exit', killAll);
  for (const signal of endSignals) process.off(signal, onSignal);
}
