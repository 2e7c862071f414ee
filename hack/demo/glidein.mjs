import { spawn } from 'node:child_process';
import { Advice } from '../progress.mjs';

const timeoutMs = 60_000;

/**
 * The command `glidein` as a person would type it.
 *
 * @param {{ node: string, program: string, env: NodeJS.ProcessEnv, log: import('../progress.mjs').Log }} options
 */
export function glideinIn({ node, program, env, log }) {
  /** Runs it and returns what it printed. A failure becomes Advice with the command's own message. */
  const run = (args, { input = '', cwd } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(node, [program, ...args], {
        env,
        cwd,
        stdio: ['pipe', 'pipe', 'pipe'],
        timeout: timeoutMs,
      });
      const out = [];
      const err = [];
      child.stdout.on('data', (chunk) => out.push(chunk));
      child.stderr.on('data', (chunk) => err.push(chunk));
      child.once('error', reject);
      child.once('close', (code) => {
        if (code === 0) return resolve(Buffer.concat(out).toString());
        reject(
          new Advice(`glidein ${args.join(' ')} failed (${code}): ${Buffer.concat(err).toString().trim()}`),
        );
      });
      child.stdin.end(input);
    });

  return {
    run,
    /** Runs it and shows the command and its output. */
    async show(args, options) {
      const output = await run(args, options);
      log.note('');
      log.note(`$ glidein ${args.join(' ')}`);
      log.note(output.trimEnd());
    },
    json: async (args) => JSON.parse(await run([...args, '--output', 'json'])),
  };
}
