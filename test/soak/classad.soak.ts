import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** New random cases for ClassAds, compared with the real HTCondor. (`npm test` uses the same cases each time.) */

const root = join(import.meta.dirname, '../..');
const rounds = Number(process.argv.find((arg) => arg.startsWith('--rounds='))?.split('=')[1] ?? 5);

if (process.env.GLIDEIN_TEST_HTCONDOR === undefined) {
  console.error(`nothing to compare with: ${process.env.GLIDEIN_TEST_NO_HTCONDOR ?? 'there is no HTCondor'}`);
  process.exitCode = 1;
} else {
  for (let round = 0; round < rounds && process.exitCode === undefined; round += 1) {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`round ${round + 1} of ${rounds}, seed ${seed}`);
    if ((await compare(seed)) !== 0) process.exitCode = 1;
  }
}

function compare(seed: number): Promise<number | null> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const files = ['evaluate', 'match'].map((name) => `test/differential/classad/${name}.test.ts`);
  const child = spawn(process.execPath, [vitest, 'run', '--project=differential', ...files], {
    cwd: root,
    env: { ...process.env, GLIDEIN_TEST_SEED: String(seed) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve) => {
    child.once('exit', resolve);
  });
}
