import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureStaticTools } from './apptainer.mjs';
import { cacheRoot } from './apptainer-install.mjs';
import { writeImageTree } from './image-tree.mjs';
import { createLog, die } from './progress.mjs';

/**
 * The images that examples, tests and benchmarks run in, as expanded directories: `hello` is a busybox and an
 * `/etc/os-release` that differs from the host's; `bench` also has `stamp`, which prints the wall-clock time in
 * nanoseconds since 1970.
 */

/** Change this together with the content of the images, so that cached ones are made again. */
const version = '1';

/**
 * busybox's own `date` has no `%N`; its shell knows the time in microseconds, without starting another process.
 */
const stamp = `#!/bin/sh
now=$EPOCHREALTIME
echo "\${now%.*}\${now#*.}000"
`;

/** @type {Record<string, (dir: string) => Promise<void>>} what a variant has besides the common tree */
const variants = {
  hello: async () => {},
  bench: async (dir) => {
    await writeFile(join(dir, 'bin/stamp'), stamp);
    await chmod(join(dir, 'bin/stamp'), 0o755);
  },
};

/**
 * @param {{ log?: import('./progress.mjs').Log, cacheDir?: string, variant?: 'hello' | 'bench' }} [options]
 *   `cacheDir` holds the folder `images`; by default the user's cache
 * @returns {Promise<{ path: string }>} the folder that Apptainer takes as an image
 */
export async function ensureHelloImage({
  log = createLog(),
  cacheDir = cacheRoot(),
  variant = 'hello',
} = {}) {
  const images = join(cacheDir, 'images');
  const path = join(images, variant);
  if (await isCurrent(path)) return { path };
  const { busybox } = await ensureStaticTools({ log });
  await log.step(`The ${variant} image`, async () => {
    await mkdir(images, { recursive: true });
    const work = await mkdtemp(join(images, `.${variant}-`));
    try {
      const tree = join(work, 'new');
      await writeVariant(tree, { busybox, variant });
      await put(tree, path, join(work, 'old'));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return { path };
}

/**
 * @param {string} dir made by this call
 * @param {{ busybox: string, variant: string }} options `busybox` is the path of a static busybox
 */
export async function writeVariant(dir, { busybox, variant }) {
  const extend = variants[variant];
  if (extend === undefined)
    throw new Error(`no image ${variant}; there are ${Object.keys(variants).join(', ')}`);
  await writeImageTree(dir, { busybox, name: variant, version });
  await extend(dir);
}

async function isCurrent(path) {
  const release = await readFile(join(path, 'etc/os-release'), 'utf8').catch(() => '');
  return release.includes(`\nVERSION_ID=${version}\n`);
}

/** Moves an outdated image away first, because a folder cannot be renamed over one that is not empty. */
async function put(tree, path, aside) {
  const gone = await rename(path, aside).then(
    () => true,
    (error) => error.code === 'ENOENT',
  );
  if (!gone) throw new Error(`cannot replace ${path}`);
  try {
    await rename(tree, path);
  } catch (error) {
    // Another process was faster and made the same image.
    if (!(await isCurrent(path))) throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log((await ensureHelloImage({ variant: process.argv[2] ?? 'hello' })).path);
  } catch (error) {
    die(error);
  }
}
