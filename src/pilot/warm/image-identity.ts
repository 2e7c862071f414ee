import { stat } from 'node:fs/promises';
import { GlideinError } from '#base/error.ts';
import type { Mount } from '../runtime/mounts.ts';

/** What apptainer copies or binds from the node into each container that it sets up. */
const ofTheNode = ['/etc/resolv.conf', '/etc/hosts', '/etc/localtime', '/etc/passwd', '/etc/group'];

/**
 * Says what a container that is set up now would contain: which image lies at its path, which directories the group mounts,
 * and which files of the node apptainer adds. A container that was set up under another identity is not what a payload
 * would get today: a directory was replaced, a file system was mounted anew, or the node has changed.
 * @param image with all links followed
 * @throws the error of the file system, if something cannot be looked at; and for an image file, because a program serves it that ends
 *   with its container
 */
export async function imageIdentity(image: string, mounts: readonly Mount[]): Promise<string> {
  const parts = await Promise.all([
    directoryOf(image),
    ...mounts.map(({ source }) => placeOf(source)),
    ...ofTheNode.map((path) => contentOf(path).catch(() => 'none')),
  ]);
  return parts.join(' ');
}

/** Which directory this is. Entries come and go in what a group mounts, and then the container shows them, too. */
async function placeOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path);
  return `${dev}:${ino}`;
}

async function directoryOf(image: string): Promise<string> {
  if ((await stat(image)).isDirectory()) return await contentOf(image);
  throw new GlideinError('Unsupported', 'an image file cannot be kept warm');
}

/** Also whether it has been written to. */
async function contentOf(path: string): Promise<string> {
  const { dev, ino, ctimeMs } = await stat(path);
  return `${dev}:${ino}:${ctimeMs}`;
}
