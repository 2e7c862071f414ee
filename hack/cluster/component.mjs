import { closeSync, createWriteStream, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { spawnTied } from './processes.mjs';

/**
 * One running program with its log file.
 *
 * @typedef {object} Component
 * @property {Promise<{ code: number | null, signal: string | null }>} ended
 * @property {() => Promise<void>} kill sends SIGKILL, and waits until the process is gone
 *
 * @param {object} options
 * @param {string} options.command
 * @param {readonly string[]} options.args
 * @param {string} options.log file; appended to
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.cwd]
 * @returns {Component}
 */
export function startComponent({ command, args, log, env = process.env, cwd }) {
  const output = openSync(log, 'a');
  const child = spawnTied(command, args, { stdio: ['ignore', output, output], env, cwd });
  closeSync(output);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      createWriteStream(log, { flags: 'a' }).end(`cannot start ${command}: ${error.message}\n`);
      resolve({ code: 127, signal: null });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { ended, kill };
}

/** The end of a log file, for messages. */
export async function lastLines(log, count = 8) {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-count).join('\n');
}
