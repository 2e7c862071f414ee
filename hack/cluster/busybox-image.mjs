import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureStaticTools } from '../apptainer.mjs';
import { writeOciArchive } from './oci-archive.mjs';

/**
 * Writes an image with a shell and the usual small commands, for test pods.
 *
 * @param {{ file: string, name: string }} options the archive, and the image's full reference
 */
export async function writeBusyboxImage({ file, name }) {
  const tree = await mkdtemp(join(tmpdir(), 'glidein-busybox-'));
  try {
    const { busybox } = await ensureStaticTools();
    for (const folder of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp']) await mkdir(join(tree, folder));
    await cp(busybox, join(tree, 'bin', 'busybox'));
    const { stdout } = await promisify(execFile)(busybox, ['--list']);
    const commands = stdout
      .trim()
      .split('\n')
      .filter((command) => command !== 'busybox');
    await Promise.all(commands.map((command) => symlink('busybox', join(tree, 'bin', command))));
    await writeOciArchive({ file, name, layers: [{ folder: tree }], config: { Env: ['PATH=/bin'] } });
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}
