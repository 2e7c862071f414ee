import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Advice } from '../progress.mjs';

const startTimeoutMs = 30_000;

/**
 * Starts `glidein up` and waits until it answers. It ends when this process ends, however that happens, because its standard
 * input is a pipe from here.
 *
 * @param {{ node: string, program: string, manifests: string, env: NodeJS.ProcessEnv, state: string,
 *   waitFor: (what: string) => void, log: import('../progress.mjs').Log }} options
 * @returns {Promise<{ stop: () => Promise<void> }>}
 */
export async function startUp({ node, program, manifests, env, state, waitFor, log }) {
  const child = spawn(node, [program, 'up', '--filename', manifests, '--exit-with-parent'], {
    env,
    // In a process group of its own: Ctrl-C only reaches the demo, which then stops it properly.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => log.note(`      up: ${line}`));
  const words = [];
  child.stderr.on('data', (chunk) => words.push(chunk));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const deadline = performance.now() + startTimeoutMs;
  waitFor('its address');
  while (!(await answers(state))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Advice(`glidein up did not start. ${Buffer.concat(words).toString().trim()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    async stop() {
      child.stdin.end();
      await ended;
      if (words.length > 0) log.note(Buffer.concat(words).toString().trimEnd());
    },
  };
}

const answers = (state) =>
  readFile(join(state, 'endpoint.json')).then(
    () => true,
    () => false,
  );
