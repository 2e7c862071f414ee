import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureApptainer } from './apptainer.mjs';
import { build } from './build.mjs';
import { ensureHelloImage } from './hello-image.mjs';
import { htcondorEnvironment } from './htcondor.mjs';
import { ensureInstalled } from './install.mjs';
import { Advice, createLog, die } from './progress.mjs';

/**
 * `npm run bench [NAME]...`: measurements, not tests. Each benchmark is a file of `test/bench` that prints one JSON line
 * a figure: name, figure, unit, aim, better, baseline, ratio, conditions. What it is doing goes to standard error.
 */

const root = dirname(import.meta.dirname);
const folder = join(root, 'test/bench');

async function main(names) {
  const known = (await readdir(folder))
    .filter((name) => name.endsWith('.bench.ts'))
    .map((name) => name.replace('.bench.ts', ''));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Advice(`There is no benchmark ${unknown}. Benchmarks: ${known.join(', ')}.`);
  const log = createLog();
  const { node, env } = await ensureInstalled({ log });
  const apptainer = await ensureApptainer({ log });
  const { path } = await ensureHelloImage({ log, variant: 'bench' });
  await ensureHelloImage({ log });
  await build({ log });
  const environment = {
    ...env,
    GLIDEIN_TEST_APPTAINER: apptainer.path,
    GLIDEIN_TEST_IMAGES: dirname(path),
    ...(await htcondorEnvironment(log)),
  };
  for (const name of names.length === 0 ? known : names) {
    const code = await run(node, join(folder, `${name}.bench.ts`), environment);
    if (code !== 0) throw new Advice(`The benchmark ${name} failed.`);
  }
}

const run = (node, file, env) =>
  new Promise((resolve) => {
    spawn(node, [file], { env, cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).once('exit', resolve);
  });

main(process.argv.slice(2)).catch(die);
