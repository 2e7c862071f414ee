import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { versionOf } from '#pilot/probe/try-container.ts';
import { testRuntime } from '#testing/pilot-process.ts';

/**
 * Runs all tests of pilots with each of several versions of Apptainer: what it writes when a container does not start, and
 * which processes it leaves, differs between versions. `--apptainers=PATH:PATH`; the one that all tests have if absent. `npm test` runs
 * the same tests with that one.
 */
const said = process.argv.find((each) => each.startsWith('--apptainers='))?.slice('--apptainers='.length);
const apptainers = (said ?? testRuntime.apptainer).split(':');
const tests = globSync('test/integration/pilot-*.test.ts').sort();

/** @returns whether all tests passed */
function passes(apptainer: string): Promise<boolean> {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'integration', ...tests];
  const env = { ...process.env, GLIDEIN_TEST_APPTAINER: apptainer };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

const results = [];
for (const apptainer of apptainers)
  results.push({ apptainer, version: await versionOf(apptainer), passed: await passes(apptainer) });
process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
if (results.some(({ version, passed }) => version === '' || !passed)) process.exitCode = 1;
