import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `hack/update-payload-programs.mjs` writes beside a compiled program: SHA-256 of its source and of the headers of all. */
export function digestOfSources(source: string): string {
  const folder = join(import.meta.dirname, '../../hack/payload-programs');
  const digest = createHash('sha256');
  for (const file of ['system-calls.h', 'server.h', source]) digest.update(readFileSync(join(folder, file)));
  return digest.digest('hex');
}
