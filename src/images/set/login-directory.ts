import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Names of files with credentials, as programs and Kubernetes write them. */
const names: ReadonlySet<string> = new Set(['.dockerconfigjson', 'config.json', 'auth.json']);

/** The files with credentials in a directory and in those directly below it, such as one for each mounted pull secret. */
export async function loginsIn(directory: string): Promise<readonly string[]> {
  // What begins with two dots is how Kubernetes replaces mounted files at once.
  const below = (await readdir(directory)).filter((name) => !name.startsWith('..')).sort();
  const found: string[] = [];
  for (const name of below) {
    const path = join(directory, name);
    const isDirectory = (await stat(path).catch(() => undefined))?.isDirectory() === true;
    if (names.has(name)) found.push(path);
    else if (isDirectory)
      for (const inner of await readdir(path)) if (names.has(inner)) found.push(join(path, inner));
  }
  return found;
}
