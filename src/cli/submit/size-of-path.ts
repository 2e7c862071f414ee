import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The size in bytes of a file, or of all files in a directory; undefined for whatever cannot be examined. */
export function sizeOfPath(path: string): number | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() !== true) return found?.size;
    return readdirSync(path).reduce((sum, name) => sum + (sizeOfPath(join(path, name)) ?? 0), 0);
  } catch {
    return undefined;
  }
}
