import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** 500 new submit files like real ones, compared with the real condor_submit. (`npm test` uses the same files each time.) */

const root = join(import.meta.dirname, '../..');

if (process.env.GLIDEIN_TEST_HTCONDOR === undefined) {
  console.error(`nothing to compare with: ${process.env.GLIDEIN_TEST_NO_HTCONDOR ?? 'there is no HTCondor'}`);
  process.exitCode = 1;
} else {
  const seed = process.env.GLIDEIN_TEST_SEED ?? String(Math.floor(Math.random() * 2 ** 31));
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const file = 'test/differential/submit-generated.test.ts';
  const child = spawn(process.execPath, [vitest, 'run', '--project=differential', file], {
    cwd: root,
    env: { ...process.env, GLIDEIN_TEST_SEED: seed, GLIDEIN_TEST_SUBMIT_FILES: '500' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
