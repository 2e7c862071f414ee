import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, existsSync } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fetchPackages, lastError } from './apptainer-packages.mjs';
import { Advice } from './progress.mjs';
import { run } from './run-child.mjs';

/**
 * Puts Apptainer into the user's cache: Debian only has it in sid, so its packages are unpacked together with the
 * libraries they need, and the programs are told where those libraries are. It needs neither root nor anything outside
 * the cache.
 *
 * The cache: `apptainer/VERSION_ARCH/` is a whole tree with `bin/apptainer`, `bin/busybox` and `bin/tini-static`
 * (the latter two are static) and `bin/squashfuse_ll`; `apptainer/current` is a symbolic link to a tree that has been seen to work.
 */

const sidPackages = [
  'apptainer',
  'busybox-static',
  'libc6',
  'libseccomp2',
  'libsqlite3-0',
  'tini-static',
  // For image files: programs that mount and make them.
  'squashfs-tools',
  'squashfuse',
  'libfuse3-4',
  'liblz4-1',
  'liblzma5',
  'liblzo2-2',
  'libsquashfuse0',
  'libxxhash0',
  'libzstd1',
  'zlib1g',
];

/** Counted up with the list of packages, so that a tree with fewer is replaced. */
const edition = 3;

const workPrefix = 'work-';
const tryTimeoutMs = 30_000;
const installCure =
  'Install Apptainer (https://apptainer.org/docs/admin/main/installation.html), then try again.';

/** Where this project keeps what it downloads or makes once per user. */
export function cacheRoot() {
  const base = process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir(), '.cache');
  return join(base, 'glidein');
}

/** The path through `current`, so that it stays valid when a newer tree replaces this one. */
export async function ensureTree(log) {
  const home = join(cacheRoot(), 'apptainer');
  const current = join(home, 'current');
  if (await treeWorks(current)) return current;
  await requireDebian();
  await log.step('Apptainer', async (waitFor) => {
    await makeCache(home);
    await withLock(join(home, 'lock'), waitFor, async () => {
      // Another process may have finished it while this one waited.
      if (!(await treeWorks(current))) await install(home, waitFor);
    });
  });
  return current;
}

async function treeWorks(tree) {
  const programs = [
    ['apptainer', '--version'],
    ['busybox', 'true'],
    ['tini-static', '--version'],
    ['mksquashfs', '-version'],
    ['squashfuse_ll', '--help', 2],
  ];
  for (const [program, argument, code] of programs) {
    if (!(await works(join(tree, 'bin', program), argument, code))) return false;
  }
  return true;
}

async function works(path, argument, code = 0) {
  if (!existsSync(path)) return false;
  return (await run(path, [argument], { timeoutMs: tryTimeoutMs, env: plainEnv() })).code === code;
}

export async function firstWorking(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, program);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable && (await works(path, '--version'))) return path;
  }
  return undefined;
}

async function requireDebian() {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const hasApt =
    (await firstWorking('apt-get')) !== undefined && (await firstWorking('dpkg-deb')) !== undefined;
  if (/^ID="?debian"?$/m.test(release) && hasApt) return;
  throw new Advice(`Apptainer is not on PATH, and can only be downloaded on Debian. ${installCure}`);
}

async function makeCache(home) {
  try {
    await mkdir(home, { recursive: true });
    await access(home, constants.W_OK);
  } catch {
    throw new Advice(`Cannot write to ${home}. Set XDG_CACHE_HOME to a folder that you can write to.`);
  }
}

/** The kernel releases the lock when this process ends, however it ends, because `cat` then reaches the end of its input. */
async function withLock(file, waitFor, work) {
  waitFor('another installation of it to finish');
  const holder = spawn('flock', ['--exclusive', file, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(holder, 'close');
  const locked = await Promise.race([once(holder.stdout, 'data').then(() => true), closed.then(() => false)]);
  if (!locked) throw new Error(`flock could not lock ${file}`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await closed;
  }
}

async function install(home, waitFor) {
  await clearLeftovers(home);
  const work = await mkdtemp(join(home, workPrefix));
  const tree = join(work, 'tree');
  const sets = [{ suite: 'sid', names: sidPackages, into: tree }];
  const own = await firstWorking('patchelf');
  if (own === undefined) sets.push({ suite: 'own', names: ['patchelf'], into: join(work, 'patchelf') });
  try {
    const fetched = await fetchPackages({ work, sets, waitFor });
    const place = join(home, keyOf(fetched));
    waitFor('its libraries to be linked');
    await arrange(tree);
    await relink(tree, place, own ?? join(work, 'patchelf/usr/bin/patchelf'));
    // A tree of this name was left by an installation that was interrupted, or was damaged later.
    await rm(place, { recursive: true, force: true });
    await rename(tree, place);
    if (!(await treeWorks(place))) throw new Advice('The downloaded Apptainer does not run on this machine.');
    await point(join(home, 'current'), place);
  } catch (error) {
    if (!(error instanceof Advice)) throw error;
    throw new Advice(
      `Cannot download Apptainer. ${error.message} Fix the network or the apt sources and try again, or install Apptainer in another way.`,
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Removes work folders of installations that were killed; no other is running while this process holds the lock. */
async function clearLeftovers(home) {
  for (const name of await readdir(home)) {
    if (name.startsWith(workPrefix)) await rm(join(home, name), { recursive: true, force: true });
  }
}

/** `VERSION_ARCH` of the downloaded Apptainer, from the name of its package file. */
function keyOf(fetched) {
  const file = fetched.find((name) => name.startsWith('apptainer_')) ?? 'apptainer_unknown.deb';
  return `${file.slice('apptainer_'.length, -'.deb'.length)}-${edition}`;
}

/** Apptainer looks for its settings in `etc` and `var` next to the folder that contains it. */
async function arrange(tree) {
  const links = {
    bin: 'usr/bin',
    'usr/etc': '../etc',
    'usr/var': '../var',
    'usr/lib/etc': '../../etc',
    'usr/lib/var': '../../var',
  };
  for (const [path, target] of Object.entries(links)) await symlink(target, join(tree, path));
}

/**
 * Makes the programs of `tree` use the loader and the libraries in it, for when the tree is at `place`. It sets the older
 * search path (DT_RPATH), because that one also applies to what the libraries themselves need.
 */
async function relink(tree, place, patchelf) {
  const libraries = await onlyMatch(join(tree, 'usr/lib'), /-linux-gnu/);
  const folder = join(tree, 'usr/lib', libraries);
  const loader = join(place, 'usr/lib', libraries, await onlyMatch(folder, /^ld-linux.*\.so\.\d+$/));
  const search = ['--force-rpath', '--set-rpath', join(place, 'usr/lib', libraries)];
  const programs = [
    ...['apptainer', 'mksquashfs', 'squashfuse_ll'].map((name) => join(tree, 'usr/bin', name)),
    join(folder, 'apptainer/bin/starter'),
  ];
  const shared = (await readdir(folder)).filter((name) => /^lib(sqlite3|seccomp)\.so\.\d+\./.test(name));
  const calls = [
    ...programs.map((file) => ['--set-interpreter', loader, ...search, file]),
    ...shared.map((name) => [...search, join(folder, name)]),
  ];
  for (const args of calls) {
    const done = await run(patchelf, args, { timeoutMs: 120_000 });
    if (done.code !== 0) throw new Advice(`patchelf failed: ${lastError(done)}.`);
  }
}

async function onlyMatch(folder, pattern) {
  const found = (await readdir(folder)).find((name) => pattern.test(name));
  if (found === undefined)
    throw new Advice(`The downloaded packages contain nothing like ${pattern} in ${folder}.`);
  return found;
}

async function point(link, target) {
  const aside = `${link}.${process.pid}`;
  await rm(aside, { force: true });
  await symlink(basename(target), aside);
  await rename(aside, link);
}

/** Keeps the caller's environment from Apptainer, which obeys every APPTAINER_ variable. */
export const plainEnv = () => ({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/' });
