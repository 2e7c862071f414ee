import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureApptainer } from './apptainer.mjs';
import { build } from './build.mjs';
import { ensureHelloImage } from './hello-image.mjs';
import { htcondorEnvironment } from './htcondor.mjs';
import { ensureInstalled } from './install.mjs';
import { Advice, createLog } from './progress.mjs';

const root = dirname(import.meta.dirname);

/**
 * Runs scripts of one folder, one after the other, on Node 24 and with everything that tests need: Apptainer, images,
 * bundles, HTCondor.
 *
 * @param {{ folder: string, suffix: string, what: string }} kind where they lie (below the root of the checkout), how
 *   their names end, and what one of them is called
 * @param {readonly string[]} names without the suffix; none: all of them
 * @param {readonly string[]} options what each script gets as its arguments
 * @throws {Advice} for a name that does not exist, or a script that fails
 */
export async function runScripts({ folder, suffix, what }, names, options = []) {
  const known = (await readdir(join(root, folder)))
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Advice(`There is no ${what} ${unknown}. Known: ${known.join(', ')}.`);
  }
  const environment = await prepared();
  for (const name of names.length === 0 ? known : names) {
    const code = await run(join(root, folder, `${name}${suffix}`), options, environment);
    if (code !== 0) throw new Advice(`The ${what} ${name} failed.`);
  }
}

async function prepared() {
  const log = createLog();
  const { node, env } = await ensureInstalled({ log });
  const apptainer = await ensureApptainer({ log });
  const { path } = await ensureHelloImage({ log, variant: 'bench' });
  await ensureHelloImage({ log });
  await build({ log });
  return {
    node,
    env: {
      ...env,
      GLIDEIN_TEST_APPTAINER: apptainer.path,
      GLIDEIN_TEST_IMAGES: dirname(path),
      ...(await htcondorEnvironment(log)),
    },
  };
}

const run = (file, options, { node, env }) =>
  new Promise((resolve) => {
    const stdio = ['ignore', 'inherit', 'inherit'];
    const child = spawn(node, [file, ...options], { env, cwd: root, stdio });
    // Whoever ends this ends the script, too, which cleans up first.
    const end = () => child.kill('SIGTERM');
    process.once('SIGTERM', end);
    child.once('exit', (code) => {
      process.off('SIGTERM', end);
      resolve(code);
    });
  });
