import { existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where V8 may keep what it has compiled. Whoever can write there decides what runs, so it is a directory of this user
 * alone, below a home or cache of his own: root with another's HOME leaves nothing there, and trusts nothing.
 * @returns undefined where there is none, and commands start without
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
    // A home that is absent, read-only or full costs time and nothing else.
    return undefined;
  }
}

/** One at a time: where nothing can be made, such as below /proc, Node tries to make all of them at once for ever. */
function madeBelow(parent: string, name: string): string {
  const directory = join(parent, name);
  if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
  return directory;
}
