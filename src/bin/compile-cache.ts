import { existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';

/**
 * Where V8 may keep what it has compiled. Whoever can write there decides what runs, so it must be a directory of this user
 * alone, below a home or cache that also belongs to this user: root with another user's HOME must not use it.
 * @returns undefined if there is no such directory; then commands start without a cache
 */
export function compileCacheDirectory(
  { XDG_CACHE_HOME, HOME }: Readonly<Record<string, string | undefined>>,
  uid: number | undefined,
): string | undefined {
  const own = XDG_CACHE_HOME || HOME;
  if (!own) return undefined;
  try {
    if (statSync(own).uid !== uid) return undefined;
    const names = [...(XDG_CACHE_HOME ? [] : ['.cache']), 'glidein', 'compiled'];
    const directory = names.reduce(madeBelow, own);
    const found = lstatSync(directory);
    const isPrivate = found.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0;
    return isPrivate ? directory : undefined;
  } catch {
    // Without a usable home, commands only start more slowly.
    return undefined;
  }
}

/** Makes one directory at a time: Node's `recursive` never returns where none can be made, such as below /proc. */
function madeBelow(parent: string, name: string): string {
  const directory = join(parent, name);
  if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
  return directory;
}

/** Lets V8 keep what it compiles, unless the user's own variables already say where, or that it must not. */
export function enableCompileCache(): void {
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return;
  const directory = compileCacheDirectory(process.env, process.getuid?.());
  if (directory !== undefined) module.enableCompileCache(directory);
}
