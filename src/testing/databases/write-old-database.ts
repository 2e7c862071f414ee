import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

/**
 * Writes the database of a pool as an older version left it when it was killed: 1.0 has completed, 1.1 was removed, 1.2 is
 * held; in the journal alone, 2.0 runs and 2.1 was removed while it ran. All jobs are alice's.
 */
export async function writeOldDatabase(file: string, version: 1): Promise<void> {
  const packed = await readFile(new URL(`./version-${version}.db.gz`, import.meta.url));
  await writeFile(file, gunzipSync(packed));
}
