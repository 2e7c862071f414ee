import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** An entry of an expanded image. */
export interface TreeEntry {
  readonly kind: 'directory' | 'file' | 'link' | 'device';
  readonly mode: number;
  /** The target of a link, the digest of a file; empty for others. */
  readonly content: string;
  /** The first name of a file that has several. */
  readonly sameAs: string | undefined;
}

/** What lies below a directory, by path. */
export function treeOf(root: string): Map<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  const firstNames = new Map<number, string>();
  const look = (below: string): void => {
    for (const name of readdirSync(join(root, below)).sort()) {
      const path = join(below, name);
      const found = lstatSync(join(root, path));
      const first = firstNames.get(found.ino) ?? path;
      firstNames.set(found.ino, first);
      const sameAs = found.isFile() && first !== path ? first : undefined;
      entries.set(path, { ...read(join(root, path), found), sameAs });
      if (found.isDirectory()) look(path);
    }
  };
  look('');
  return entries;
}

function read(path: string, found: Stats): Omit<TreeEntry, 'sameAs'> {
  const mode = found.mode & 0o7777;
  if (found.isDirectory()) return { kind: 'directory', mode, content: '' };
  if (found.isSymbolicLink()) return { kind: 'link', mode: 0o777, content: readlinkSync(path) };
  if (!found.isFile()) return { kind: 'device', mode, content: '' };
  return { kind: 'file', mode, content: createHash('sha256').update(readFileSync(path)).digest('hex') };
}
