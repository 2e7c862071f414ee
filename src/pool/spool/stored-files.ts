import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A complete file of a spool. */
export interface StoredFile {
  readonly digest: string;
  readonly size: number;
  readonly path: string;
}

/** All files of the spool below `directory`, which stays as it is, in no particular order. */
export async function* storedFiles(directory: string): AsyncGenerator<StoredFile> {
  const root = join(directory, 'blobs');
  for (const prefix of await readdir(root)) {
    for (const hex of await readdir(join(root, prefix))) {
      const path = join(root, prefix, hex);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined) yield { digest: `sha256:${hex}`, size: found.size, path };
    }
  }
}

/** Where the spool below `directory` has a file. */
export function blobPath(directory: string, digest: string): string {
  const hex = digest.slice('sha256:'.length);
  return join(directory, 'blobs', hex.slice(0, 2), hex);
}
