import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GlideinError } from '#base/error.ts';
import type { Tier } from '../runtime/apptainer.ts';
import { placeWaitStatus, waitStatusNames } from '../runtime/wait-status.ts';
import { exit37Program } from './exit-37.ts';
import { probeFiles } from './probe-file-content.ts';

/** What apptainer must find in an image so that it can mount over it. */
const folders = ['dev', 'proc', 'sys', 'tmp', 'var/tmp', 'srv', 'etc', 'root'];
const files = ['etc/passwd', 'etc/group', 'etc/hosts', 'etc/resolv.conf'];

/** The only program of the probe image. */
const exit37 = '/exit37';

/** The parent of payloads, and the files that it is told of: a marker, a gate (there is none), a record. */
const parent = [waitStatusNames.program, 'marker', waitStatusNames.gate, waitStatusNames.record].map(
  (name) => `/tmp/${name}`,
);

/** What runs in the probe image. In tier B payloads need a user namespace of their own, so there the program has to get one. */
export const probeCommand: Readonly<Record<Tier, readonly string[]>> = {
  A: [exit37],
  B: [...parent.slice(0, 1), '--apart', '1', ...parent.slice(1), exit37],
};

/** Brings what tier B needs for that into the container's `/tmp`. @param work the directory that contains it */
export async function placeProbeParent(work: string): Promise<void> {
  const temporary = join(work, 'tmp');
  await mkdir(temporary, { recursive: true });
  placeWaitStatus(temporary);
}

/**
 * Writes the smallest possible image: mount points, and a program that returns the agreed code. With an image of the
 * site, a broken image could not be told from a broken runtime.
 * @throws GlideinError Unsupported on a processor that there is no program for
 */
export async function writeProbeImage(directory: string, architecture: string = process.arch): Promise<void> {
  const program = exit37Program(architecture);
  if (program === undefined) {
    throw new GlideinError('Unsupported', `pilots do not run on ${architecture} processors`);
  }
  await Promise.all(folders.map((folder) => mkdir(join(directory, folder), { recursive: true })));
  await Promise.all(files.map((file) => writeFile(join(directory, file), '')));
  const path = join(directory, exit37);
  await writeFile(path, program);
  await chmod(path, 0o755);
}

/** Bytes; apptainer does not recognise a file that is smaller. */
const leastFile = 4096;

/**
 * Writes the same image as a file, which apptainer mounts with FUSE.
 * @throws GlideinError Unsupported on a processor that there is no program for
 */
export async function writeProbeFile(path: string): Promise<void> {
  const content = probeFiles[process.arch];
  if (content === undefined) {
    throw new GlideinError('Unsupported', `pilots do not run on ${process.arch} processors`);
  }
  const bytes = Buffer.from(content, 'base64');
  await writeFile(path, Buffer.concat([bytes, Buffer.alloc(Math.max(0, leastFile - bytes.length))]));
}
