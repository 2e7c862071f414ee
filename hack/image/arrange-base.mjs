import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lastError } from '../apptainer-packages.mjs';
import { Advice } from '../progress.mjs';
import { run } from '../run-child.mjs';
import { setModes } from './modes.mjs';

/**
 * Turns unpacked Debian packages into a root file system: does what their installation scripts would have done, and removes
 * what only people at a terminal need.
 */

/**
 * Everything that is in the image: Apptainer with the program that mounts image files, Node, their libraries, a shell and the usual tools in one static
 * program, an init, and the few programs of util-linux that pilots call. Dependencies of packages are not resolved; instead a
 * test proves that every program finds its libraries.
 */
export const packages = [
  'apptainer',
  'base-files',
  'busybox-static',
  'ca-certificates',
  'dash',
  'libc-bin',
  'libc6',
  'libcap-ng0',
  'libfuse3-4',
  'libgcc-s1',
  'liblz4-1',
  'liblzma5',
  'liblzo2-2',
  'libseccomp2',
  'libsqlite3-0',
  'libsquashfuse0',
  'libstdc++6',
  'libxxhash0',
  'libzstd1',
  'squashfuse',
  'tini-static',
  'tzdata',
  'util-linux',
  'zlib1g',
];

/**
 * Of the programs of these packages; all others of the usual names are busybox. Its own shell would take its own
 * `setpriv` and `unshare`, which know less, before those in PATH, so the shell is another one.
 */
const programs = [
  'apptainer',
  'busybox',
  'dash',
  'flock',
  'getent',
  'ldconfig',
  'node',
  'setpriv',
  'squashfuse_ll',
  'tini-static',
  'unshare',
];
const unused = [
  'boot',
  'home',
  'usr/games',
  'usr/include',
  'usr/lib/mime',
  'usr/lib/systemd',
  'usr/src',
  'var/backups',
  'etc/bindresvport.blacklist',
  'etc/ca-certificates',
  'etc/default',
  'etc/dpkg',
  'etc/issue',
  'etc/issue.net',
  'etc/pam.d',
  'etc/profile.d',
  'etc/skel',
  'etc/update-motd.d',
];
const links = {
  // Without it, Apptainer starts no container.
  'etc/localtime': '/usr/share/zoneinfo/Etc/UTC',
  'usr/bin/sh': 'dash',
  'usr/bin/tini': 'tini-static',
  'var/lock': '/run/lock',
  'var/run': '/run',
};
const keptShares = ['common-licenses', 'doc', 'zoneinfo'];
const folders = ['home', 'proc', 'sys', 'dev', 'run', 'srv', 'mnt', 'var/cache/ldconfig', 'var/lib/dpkg'];
/** The home is a mount point in pods; elsewhere the user of the image may write to it. */
const writable = ['tmp', 'var/tmp', 'home/glidein'];

const files = {
  'etc/passwd': `root:x:0:0:root:/root:/bin/sh
glidein:x:1000:1000:glidein:/home/glidein:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
`,
  'etc/group': 'root:x:0:\ntty:x:5:\nglidein:x:1000:\nnogroup:x:65534:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  'etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
  'etc/hostname': 'glidein\n',
  // The kubelet mounts its own files over these.
  'etc/resolv.conf': '',
};

/**
 * @param {string} tree unpacked packages and `usr/bin/node`
 * @param {string} status for `/var/lib/dpkg/status`
 */
export async function arrangeBase(tree, status) {
  await prune(tree);
  await bundleCertificates(tree);
  await pruneShares(join(tree, 'usr/share'));
  for (const folder of [...folders, ...writable]) await mkdir(join(tree, folder), { recursive: true });
  for (const folder of writable) await chmod(join(tree, folder), 0o1777);
  for (const [path, text] of Object.entries(files)) await writeFile(join(tree, path), text);
  await writeFile(join(tree, 'var/lib/dpkg/status'), status);
  await linkCommands(tree);
  await cacheLibraries(tree);
  await setModes(tree);
}

async function prune(tree) {
  for (const path of unused) await rm(join(tree, path), { recursive: true, force: true });
  for (const folder of ['usr/bin', 'usr/sbin']) {
    for (const name of await readdir(join(tree, folder))) {
      if (!programs.includes(name)) await rm(join(tree, folder, name));
    }
  }
}

/** Removes manuals, translations and changelogs, but keeps licences, as their terms require. */
async function pruneShares(share) {
  for (const name of await readdir(share)) {
    if (!keptShares.includes(name)) await rm(join(share, name), { recursive: true });
  }
  for (const entry of await readdir(join(share, 'doc'), { withFileTypes: true, recursive: true })) {
    if (!entry.isDirectory() && entry.name !== 'copyright') await rm(join(entry.parentPath, entry.name));
  }
}

/** Does what update-ca-certificates(8) does, with all certificates of the package. */
async function bundleCertificates(tree) {
  const source = join(tree, 'usr/share/ca-certificates/mozilla');
  const names = (await readdir(source)).filter((name) => name.endsWith('.crt')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(source, name), 'utf8')));
  const bundle = join(tree, 'etc/ssl/certs/ca-certificates.crt');
  await mkdir(dirname(bundle), { recursive: true });
  await writeFile(bundle, texts.join(''));
}

async function linkCommands(tree) {
  const bin = join(tree, 'usr/bin');
  for (const [path, target] of Object.entries(links)) {
    await rm(join(tree, path), { recursive: true, force: true });
    await symlink(target, join(tree, path));
  }
  const listed = await run(join(bin, 'busybox'), ['--list'], { timeoutMs: 10_000 });
  if (listed.code !== 0) throw new Advice(`busybox does not run on this machine: ${lastError(listed)}.`);
  const taken = new Set([...(await readdir(bin)), ...(await readdir(join(tree, 'usr/sbin')))]);
  for (const applet of listed.stdout.split('\n').filter((name) => name !== '' && !taken.has(name))) {
    await symlink('busybox', join(bin, applet));
  }
}

/** Writes the cache of libraries, without which `apptainer --nv` does not find those of the driver. */
async function cacheLibraries(tree) {
  const done = await run(join(tree, 'usr/sbin/ldconfig'), ['-r', tree, '-i', '-X'], { timeoutMs: 60_000 });
  if (done.code !== 0) throw new Advice(`ldconfig failed: ${lastError(done)}.`);
  await rm(join(tree, 'var/cache/ldconfig/aux-cache'), { force: true });
}
