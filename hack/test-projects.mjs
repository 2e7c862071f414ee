import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './run-child.mjs';
import { withTemporaryFolder } from './temporary-folder.mjs';

/**
 * The projects of `vitest.config.ts`: where their tests are, after how many minutes a run counts as hanging, and how many
 * files run at once. Most tests wait for sockets, children and intervals for more than half of their time. Those of a whole node keep the
 * machine busy by themselves, and those that ask another program compare large sets of answers.
 */
export const projects = {
  unit: { folder: 'src', minutes: 15, workers: 3 },
  differential: { folder: 'test/differential', minutes: 15 },
  integration: { folder: 'test/integration', minutes: 30, workers: 2 },
  e2e: { folder: 'test/e2e', minutes: 30 },
  cluster: { folder: 'test/cluster', minutes: 60 },
};

const root = dirname(import.meta.dirname);

/**
 * @param {string} name one of `projects`
 * @param {{ node: string, env: NodeJS.ProcessEnv, log: import('./progress.mjs').Log }} options
 * @returns {Promise<import('./test-checks.mjs').Outcome[]>}
 */
export async function runProject(name, { node, env, log }) {
  if (!(await hasTests(projects[name].folder))) {
    log.note(`      there are no ${name} tests in this checkout`);
    return [];
  }
  return withTemporaryFolder('glidein-test', async (work) => {
    const file = join(work, 'record.json');
    let done = { code: null, signal: null, timedOut: false };
    await log
      .step(`${name} tests`, async () => {
        done = await vitest(name, { node, env, log, file });
        if (done.code !== 0) throw new Error('not all passed');
      })
      // Failures are counted from the record below.
      .catch(() => {});
    const record = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : { tests: [], errors: [] };
    return outcomes(name, record, done);
  });
}

async function hasTests(folder) {
  const names = await readdir(join(root, folder), { recursive: true }).catch(() => []);
  return names.some((path) => path.endsWith('.test.ts'));
}

function vitest(name, { node, env, log, file }) {
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    `--project=${name}`,
    ...(projects[name].workers === undefined ? [] : [`--maxWorkers=${projects[name].workers}`]),
    '--reporter=default',
    `--reporter=${join(import.meta.dirname, 'test-record.mjs')}`,
  ];
  return run(node, args, {
    timeoutMs: projects[name].minutes * 60_000,
    cwd: root,
    env: { ...env, GLIDEIN_TEST_RECORD: file },
    onLine: (line) => log.note(line),
  });
}

/** Failures outside any test (a file that does not load, a hook, a crash) count as one failed test each. */
function outcomes(project, { tests, errors }, done) {
  const results = [
    ...tests.map(outcomeOf),
    ...errors.map((error) => ({ name: error, state: 'failed', detail: 'outside any test' })),
  ];
  const fail = (detail) => results.push({ name: `${project} tests`, state: 'failed', detail });
  if (done.timedOut) fail(`still running after ${projects[project].minutes} minutes, so they were ended`);
  else if (tests.length === 0) fail('vitest ran no test at all');
  else if (done.code !== 0 && results.every(({ state }) => state !== 'failed')) {
    fail(`vitest ended with ${done.code ?? done.signal} although no test failed`);
  }
  return results;
}

function outcomeOf({ name, state, note, mode, error }) {
  if (state === 'passed') return { name, state };
  if (state === 'failed') return { name, state, detail: error };
  if (state === 'pending') return { name, state: 'failed', detail: 'it did not finish' };
  const reason = note || (mode === 'todo' ? 'still to be written' : 'no reason given');
  return { name, state: 'skipped', detail: reason };
}
