import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './run-child.mjs';

/** The checks that read the sources without running them. Each counts as one test. */

const root = dirname(import.meta.dirname);
const checkTimeoutMs = 5 * 60_000;
/** The most checks at the same time; more would only compete for the same few cores. */
const width = 2;

/**
 * @typedef {object} Outcome
 * @property {string} name
 * @property {'passed' | 'failed' | 'skipped'} state
 * @property {string} [detail] why it failed, or the reason for which it was skipped
 */

const module_ = (path) => join(root, 'node_modules', path);

/** Name and arguments for Node 24, run in the root of the checkout. */
const commands = [
  ['types', module_('typescript7/bin/tsc'), '-p', '.'],
  ['format and lint (biome)', module_('@biomejs/biome/bin/biome'), 'ci', '--diagnostic-level=error', '.'],
  ['lint with types (oxlint)', module_('oxlint/bin/oxlint'), '--type-aware', '.'],
  [
    'walls between rooms (dependency-cruiser)',
    module_('dependency-cruiser/bin/dependency-cruiser.mjs'),
    '--config',
    '.dependency-cruiser.mjs',
    'src',
    'test',
  ],
  ['nothing unused (knip)', module_('knip/bin/knip.js'), '--no-progress'],
];

/**
 * @param {{ node: string, env: NodeJS.ProcessEnv, log: import('./progress.mjs').Log }} options
 * @returns {Promise<Outcome[]>}
 */
export async function runChecks({ node, env, log }) {
  const scripts = (await readdir(import.meta.dirname)).filter((name) => /^verify-.*\.(ts|mjs)$/.test(name));
  const checks = [
    ...commands.map(([name, ...args]) => ({ name, work: () => byNode({ node, env, args }) })),
    ...scripts.sort().map((script) => ({
      name: `hack/${script}`,
      work: () => byNode({ node, env, args: [join(import.meta.dirname, script)] }),
    })),
    { name: 'the lock file names no host', work: lockFileNamesNoHost },
  ];
  const outcomes = [];
  const queue = [...checks];
  const worker = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      outcomes.push(await judge(check, log));
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return outcomes;
}

/** Reports why a check failed, at once and again in the summary. */
async function judge({ name, work }, log) {
  try {
    await log.step(name, async () => {
      const complaint = await work();
      if (complaint !== undefined) throw new Error(complaint);
    });
    return { name, state: 'passed' };
  } catch (error) {
    log.note(indented(error.message));
    return { name, state: 'failed', detail: `${error.message.split('\n')[0]}; its words are above` };
  }
}

/** @returns {Promise<string | undefined>} what the check complains about */
async function byNode({ node, env, args }) {
  const done = await run(node, args, {
    timeoutMs: checkTimeoutMs,
    cwd: root,
    env: { ...env, NO_COLOR: '1' },
  });
  if (done.timedOut) return `took longer than ${checkTimeoutMs / 60_000} minutes\n${done.output}`;
  return done.code === 0 ? undefined : `exit code ${done.code ?? done.signal}\n${done.output.trimEnd()}`;
}

/** The lock file must work with whatever registry the reader's npm is set to. */
async function lockFileNamesNoHost() {
  const lines = (await readFile(join(root, 'package-lock.json'), 'utf8')).split('\n');
  const at = lines.findIndex((line) => /"resolved":\s*"(https?|git)/.test(line));
  if (at === -1) return undefined;
  return `package-lock.json:${at + 1} names a host; .npmrc has omit-lockfile-registry-resolved=true: run npm install again`;
}

const indented = (text) => text.replace(/^/gm, '      ');
