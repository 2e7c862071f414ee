import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheRoot, firstWorking, plainEnv } from '../apptainer-install.mjs';
import { fetchPackages, lastError } from '../apptainer-packages.mjs';
import { withLock } from '../cluster/lock.mjs';
import { ensureInstalled } from '../install.mjs';
import { Advice } from '../progress.mjs';
import { run } from '../run-child.mjs';
import { arrangeBase, packages } from './arrange-base.mjs';
import { packageStatus } from './package-status.mjs';

/**
 * The part of the image that rarely changes: Debian packages, Node, users. It is made once per user and cached in a folder
 * whose name depends on everything that goes into it, except the versions of the packages.
 */

const root = dirname(dirname(import.meta.dirname));
const timeoutMs = 120_000;
const dayMs = 24 * 3600_000;
/** The files of this folder that determine the content of the base. */
const recipe = ['arrange-base.mjs', 'base.mjs', 'modes.mjs', 'package-status.mjs'];

/**
 * @typedef {object} Base
 * @property {string} tree the root of the image without the application
 * @property {Record<string, string>} parts versions of what matters inside, by name
 */

/**
 * @param {{ log: import('../progress.mjs').Log, refresh?: boolean, cacheDir?: string }} options `refresh` makes it
 *   anew, with the packages of today
 * @returns {Promise<Base>}
 * @throws {Advice} when this machine cannot fetch Debian packages
 */
export async function ensureBase({ log, refresh = false, cacheDir = cacheRoot() }) {
  const bases = join(cacheDir, 'image');
  const node = await nodeToPack();
  const place = join(bases, await keyOf(node));
  await mkdir(bases, { recursive: true });
  if (refresh || !existsSync(place)) {
    await log.step('The base of the image', (waitFor) =>
      withLock(
        join(bases, 'lock'),
        () => waitFor('another build of it to finish'),
        async () => {
          if (refresh || !existsSync(place)) await make({ bases, place, node, waitFor });
        },
      ),
    );
  }
  await utimes(place, new Date(), new Date());
  return { tree: join(place, 'tree'), parts: JSON.parse(await readFile(join(place, 'parts.json'), 'utf8')) };
}

/** @returns {Promise<{ file: string, version: string, strip: string | undefined }>} */
async function nodeToPack() {
  await ensureInstalled();
  const home = join(root, 'node_modules', `node-linux-${process.arch}`);
  const manifest = await readFile(join(home, 'package.json'), 'utf8').catch(() => undefined);
  if (manifest === undefined) {
    throw new Advice(
      `npm has brought no Node for ${process.platform} on ${process.arch}. Build the image on Linux, x64 or arm64.`,
    );
  }
  return {
    file: join(home, 'bin/node'),
    version: JSON.parse(manifest).version,
    strip: await firstWorking('strip'),
  };
}

async function keyOf({ version, strip }) {
  const hash = createHash('sha256').update(
    JSON.stringify([process.arch, version, strip !== undefined, packages]),
  );
  for (const file of recipe) hash.update(await readFile(join(import.meta.dirname, file)));
  return `${process.arch}-${hash.digest('hex').slice(0, 12)}`;
}

async function make({ bases, place, node, waitFor }) {
  const work = await mkdtemp(join(bases, 'work-'));
  try {
    const made = join(work, 'made');
    const tree = join(made, 'tree');
    const fetching = join(work, 'fetch');
    await mkdir(fetching);
    const fetched = await fetch({ work: fetching, tree, waitFor });
    waitFor('its files to be arranged');
    await putNode(node, join(tree, 'usr/bin/node'));
    await arrangeBase(tree, await packageStatus(join(fetching, 'apt.conf'), packages));
    const apptainer = /^apptainer_([^_]*)_/m.exec(fetched.join('\n'))?.[1] ?? 'unknown';
    await writeFile(join(made, 'parts.json'), JSON.stringify({ apptainer, node: node.version }));
    if (existsSync(place)) await rename(place, join(work, 'old'));
    await rename(made, place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  await removeUnused(bases, place);
}

async function fetch({ work, tree, waitFor }) {
  try {
    return await fetchPackages({ work, sets: [{ suite: 'sid', names: packages, into: tree }], waitFor });
  } catch (error) {
    if (!(error instanceof Advice)) throw error;
    throw new Advice(
      `Cannot fetch the Debian packages of the image: ${error.message} Build it on Debian, or with a container engine: docker build .`,
    );
  }
}

/** Strips Node's symbols, which makes it 18 MB smaller, and checks at once that it still works. */
async function putNode({ file, strip }, target) {
  if (strip === undefined) {
    await copyFile(file, target);
    return;
  }
  const stripped = await run(strip, ['--strip-unneeded', '-o', target, file], { timeoutMs });
  if (stripped.code !== 0) throw new Advice(`strip cannot read ${file}: ${lastError(stripped)}.`);
  const proof = `new (require('node:sqlite').DatabaseSync)(':memory:').exec('select 1'); console.log('works')`;
  const tried = await run(target, ['-e', proof], { timeoutMs, env: plainEnv() });
  if (tried.stdout !== 'works\n') throw new Advice(`Node does not run without symbols: ${lastError(tried)}.`);
}

/** Removes bases of other recipes that were not used for a day, and what killed builds left behind. */
async function removeUnused(bases, place) {
  for (const name of await readdir(bases)) {
    const path = join(bases, name);
    if (path === place || name === 'lock') continue;
    const seen = await stat(path).catch(() => undefined);
    if (seen !== undefined && Date.now() - seen.mtimeMs > dayMs)
      await rm(path, { recursive: true, force: true });
  }
}
