import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, GlideinError } from '#base/error.ts';

/**
 * Reads the manifests that the paths name: a file itself, or every `.yaml` and `.yml` file in a directory.
 * @throws GlideinError NotFound for a path that does not exist or holds no manifest, InvalidArgument for one that
 * cannot be read
 */
export async function readManifestFiles(paths: readonly string[]): Promise<{ file: string; text: string }[]> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  return Promise.all(files.map(async (file) => ({ file, text: await textOf(file) })));
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new GlideinError('InvalidArgument', `cannot read the manifest ${file}: ${describeError(cause)}`, {
      cause,
      cure: 'make it readable, or name another with -f',
    });
  }
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new GlideinError('NotFound', `no such file or directory: ${path}`, {
      cure: 'name one that exists with -f',
    });
  }
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
    .map(({ name }) => name)
    .sort();
  if (names.length === 0) {
    throw new GlideinError('NotFound', `the directory ${path} contains no .yaml file`, {
      cure: 'name another with -f',
    });
  }
  return names.map((name) => join(path, name));
}
