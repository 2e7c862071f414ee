import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { createLog, die } from './progress.mjs';

/**
 * `node hack/pack.mjs [DIRECTORY]` makes the package that `npm install --global` takes: the bundles and nothing that would have to be fetched, so it needs
 * Node and no registry.
 */

const root = dirname(import.meta.dirname);

/** The fields of package.json that an installed package keeps; its bundles contain the dependencies. */
const kept = ['name', 'version', 'description', 'license', 'private', 'type', 'engines'];

/** The commands of an installed package; those of a clone are in `bin`. */
const bin = {
  glidein: 'dist/glidein.js',
  // So that `kubectl glidein` is the same.
  'kubectl-glidein': 'dist/glidein.js',
  'glidein-pool': 'dist/pool.js',
  'glidein-pilot': 'dist/pilot.js',
};

/**
 * @param {{ log: import('./progress.mjs').Log, destination: string }} options where the package is put
 * @returns {Promise<string>} the path of the package
 */
async function pack({ log, destination }) {
  const stage = await mkdtemp(join(tmpdir(), 'glidein-pack-'));
  try {
    await build({ log, outdir: join(stage, 'built') });
    await mkdir(join(stage, 'package', 'dist'), { recursive: true });
    for (const name of await readdir(join(stage, 'built'))) {
      if (name.endsWith('.js'))
        await copyFile(join(stage, 'built', name), join(stage, 'package', 'dist', name));
    }
    const whole = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const own = Object.fromEntries(kept.map((key) => [key, whole[key]]));
    await writeFile(join(stage, 'package', 'package.json'), JSON.stringify({ ...own, bin }, null, 2));
    for (const name of ['README.md', 'LICENSE'])
      await copyFile(join(root, name), join(stage, 'package', name));
    const options = { cwd: join(stage, 'package') };
    const { stdout } = await promisify(execFile)(
      'npm',
      ['pack', '--silent', '--pack-destination', resolve(destination)],
      options,
    );
    return join(resolve(destination), stdout.trim());
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const log = createLog();
    await ensureInstalled({ log });
    const [destination = root] = process.argv.slice(2);
    console.log(await pack({ log, destination }));
  } catch (error) {
    die(error);
  }
}
