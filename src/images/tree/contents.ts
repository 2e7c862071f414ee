import type { ByteName, DirectoryNode } from '../unpack/tree-index.ts';
import { join } from '../unpack/tree-index.ts';

/**
 * One line for each entry of an image, sorted by its path: what is to be found there later. Paths are in percent encoding, so that
 * every name is a word.
 *
 * | line                        | entry          |
 * |-----------------------------|----------------|
 * | `d MODE PATH`               | a directory    |
 * | `f MODE SIZE SHA256 PATH`   | a file         |
 * | `l TARGET PATH`             | a link         |
 */
export function* contentsOf(directory: DirectoryNode, path: ByteName = ''): Generator<string> {
  const names = [...directory.children.keys()].sort();
  for (const name of names) {
    const child = directory.children.get(name);
    const at = join(path, name);
    switch (child?.kind) {
      case undefined:
        break;
      case 'file':
        yield `f ${child.mode.toString(8)} ${child.size} ${child.digest} ${encoded(at)}`;
        break;
      case 'link':
        yield `l ${encoded(child.target)} ${encoded(at)}`;
        break;
      case 'directory':
        yield `d ${child.mode.toString(8)} ${encoded(at)}`;
        yield* contentsOf(child, at);
    }
  }
}

/** What a line says of an entry. */
export type ListedEntry =
  | { readonly kind: 'directory'; readonly path: ByteName; readonly mode: number }
  | {
      readonly kind: 'file';
      readonly path: ByteName;
      readonly mode: number;
      readonly size: number;
      readonly digest: string;
    }
  | { readonly kind: 'link'; readonly path: ByteName; readonly target: ByteName };

/** Reads a line; undefined for one that is none. */
export function parseLine(line: string): ListedEntry | undefined {
  const [kind, ...words] = line.split(' ');
  const path = decoded(words.at(-1) ?? '');
  switch (kind) {
    case 'd':
      return { kind: 'directory', path, mode: Number.parseInt(words[0] ?? '', 8) };
    case 'f': {
      const [mode = '', size = '', digest = ''] = words;
      return { kind: 'file', path, mode: Number.parseInt(mode, 8), size: Number(size), digest };
    }
    case 'l':
      return { kind: 'link', path, target: decoded(words[0] ?? '') };
    default:
      return undefined;
  }
}

const encoded = (name: ByteName): string =>
  name.replace(/[^\x21-\x24\x26-\x7e]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);

const decoded = (word: string): ByteName =>
  word.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
