import { join } from 'node:path';
import { isCode } from '#base/error.ts';
import { parseReference, referenceText } from '#images/registry/reference.ts';
import { type ImageVolume, imageVolumePath } from '#spec/images.ts';

/** File system calls, as far as looking at a mounted image needs them. */
export interface MountedFiles {
  isDirectory(path: string): Promise<boolean>;
  /** Names in a directory; empty when it cannot be read. */
  list(path: string): Promise<readonly string[]>;
}

/**
 * The image that the kubelet has mounted for a name of a job. What is mounted is looked at and not taken for granted: outside of a cluster, nothing
 * is; and some container runtimes mount the whole image although a part of it was asked for, and say nothing (containerd before 2.2).
 * @returns undefined if the group has no such volume, or nothing is mounted
 */
export async function mountedImage(
  name: string,
  volumes: readonly ImageVolume[],
  files: MountedFiles,
): Promise<string | undefined> {
  const volume = volumes.find((each) => each.name === name || isSame(each.reference, name));
  if (volume === undefined) return undefined;
  const mount = imageVolumePath(volume);
  const { subPath } = volume;
  for (const path of subPath === undefined ? [mount] : [join(mount, subPath), mount])
    if ((await files.isDirectory(path)) && (await files.list(path)).length > 0) return path;
  return undefined;
}

function isSame(reference: string, name: string): boolean {
  const full = fullName(name);
  return full !== undefined && /^docker:\/\//i.test(name) && fullName(reference) === full;
}

function fullName(text: string): string | undefined {
  try {
    return referenceText(parseReference(text.replace(/^docker:\/\//i, '')));
  } catch (error) {
    if (!isCode(error, 'InvalidArgument')) throw error;
    return undefined;
  }
}
