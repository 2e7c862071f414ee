import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run-child.mjs';

/** Folders that payloads expect, and mount points that Apptainer needs. */
const folders = ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'run', 'srv', 'sys', 'tmp', 'usr', 'var/tmp'];
const emptyFiles = ['etc/resolv.conf', 'etc/hosts'];

/**
 * Writes an image as an expanded directory: a static busybox under all its names, and nothing else.
 *
 * @param {string} dir made by this call
 * @param {{ busybox: string, name: string, version: string }} options `busybox` is the path of a static busybox
 */
export async function writeImageTree(dir, { busybox, name, version }) {
  for (const folder of folders) await mkdir(join(dir, folder), { recursive: true });
  for (const folder of ['tmp', 'var/tmp']) await chmod(join(dir, folder), 0o1777);
  for (const file of emptyFiles) await writeFile(join(dir, file), '');
  await writeFile(join(dir, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await writeFile(join(dir, 'etc/group'), 'root:x:0:\n');
  await writeFile(join(dir, 'etc/os-release'), osRelease(name, version));
  // Scripts use #!/usr/bin/env; one folder of commands serves all usual places.
  for (const link of ['usr/bin', 'usr/sbin']) await symlink('../bin', join(dir, link));
  await symlink('bin', join(dir, 'sbin'));
  const own = join(dir, 'bin/busybox');
  await copyFile(busybox, own);
  await chmod(own, 0o755);
  for (const applet of await applets(own)) await symlink('busybox', join(dir, 'bin', applet));
}

const osRelease = (name, version) => `NAME="Glidein ${name} image"
ID=glidein-${name}
VERSION_ID=${version}
PRETTY_NAME="Glidein ${name} image ${version}"
`;

async function applets(busybox) {
  const listed = await run(busybox, ['--list'], { timeoutMs: 10_000 });
  if (listed.code !== 0) throw new Error(`busybox --list failed: ${listed.output}`);
  return listed.stdout.split('\n').filter((applet) => applet !== '' && applet !== 'busybox');
}
