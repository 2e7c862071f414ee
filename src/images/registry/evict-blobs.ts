import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemCode } from '#base/system-error.ts';
import { type BlobFile, blobAt } from './blob-file.ts';

/**
 * Removes blobs until they have at most `most` bytes: those first that nobody has used for the longest time.
 * @param held digests of blobs that stay, and do not count
 */
export async function evictBlobs(
  directory: string,
  most: number,
  held: ReadonlySet<string> = new Set(),
): Promise<void> {
  const isHeld = (path: string): boolean => held.has(`sha256:${basename(path).replace(/\..*/, '')}`);
  const files = (await blobsIn(directory)).filter(({ path }) => !isHeld(path));
  let bytes = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of files.sort((a, b) => a.usedAt - b.usedAt)) {
    if (bytes <= most) return;
    await rm(path, { force: true });
    bytes -= size;
  }
}

async function blobsIn(directory: string): Promise<BlobFile[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    },
  );
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => await blobAt(join(parentPath, name))),
  );
  return found.filter((each) => each !== undefined);
}
