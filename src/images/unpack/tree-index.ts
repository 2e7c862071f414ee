import { GlideinError } from '#base/error.ts';

/**
 * Names of an image are bytes: a string of them has one character for each byte (`latin1`), so that no name is lost that is
 * not UTF-8.
 */
export type ByteName = string;

/** What an image has at a path. */
export type TreeNode = FileNode | LinkNode | DirectoryNode;

interface Common {
  /** The number of the layer that has put it there. */
  layer: number;
}

/** A file; names that are hard links share one. */
export interface FileNode extends Common {
  readonly kind: 'file';
  readonly mode: number;
  readonly size: number;
  /** SHA-256 of the content, in hexadecimal. */
  readonly digest: string;
}

export interface LinkNode extends Common {
  readonly kind: 'link';
  readonly target: ByteName;
}

export interface DirectoryNode extends Common {
  readonly kind: 'directory';
  mode: number;
  /** Milliseconds since the epoch; undefined for one that no layer has named. */
  modifiedAt: number | undefined;
  readonly children: Map<ByteName, TreeNode>;
}

export const newDirectory = (layer: number): DirectoryNode => ({
  kind: 'directory',
  layer,
  mode: 0o755,
  modifiedAt: undefined,
  children: new Map(),
});

/** A directory with its path below the root; the root's is empty. */
export interface Place {
  readonly path: ByteName;
  readonly directory: DirectoryNode;
}

/** How many symbolic links lead on at most, as in Linux. */
const mostLinks = 40;

/** The parts of a path, without those that mean nothing. @throws GlideinError InvalidMessage for one that is no path */
export function partsOf(path: ByteName): ByteName[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.some((part) => part.includes('\0') || part.length > 255))
    throw new GlideinError('InvalidMessage', 'a layer has an entry whose name no file system takes');
  return parts;
}

/**
 * Follows a path from the root of the image as a process would whose root it is: links lead on within the image, and `..` of
 * the root is the root. So nothing that a layer contains can lead out of the image.
 * @param make what to do where something is missing; undefined: nothing is there then
 * @throws GlideinError InvalidMessage for links that lead in a circle, or a file where a directory should be
 */
export function walk(
  root: DirectoryNode,
  parts: readonly ByteName[],
  make?: (parent: Place, name: ByteName) => DirectoryNode,
): Place | undefined {
  const todo = [...parts].reverse();
  const at: Place[] = [{ path: '', directory: root }];
  let links = 0;
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    const here = at.at(-1) as Place;
    if (name === '..') {
      if (at.length > 1) at.pop();
      continue;
    }
    const found = here.directory.children.get(name) ?? make?.(here, name);
    if (found === undefined) return undefined;
    if (found.kind === 'file')
      throw new GlideinError('InvalidMessage', 'a layer has an entry below a file', { cause: undefined });
    if (found.kind === 'directory') {
      at.push({ path: join(here.path, name), directory: found });
      continue;
    }
    links += 1;
    if (links > mostLinks)
      throw new GlideinError('InvalidMessage', 'a layer has links that lead in a circle');
    if (found.target.startsWith('/')) at.length = 1;
    todo.push(...partsOf(found.target).reverse());
  }
  return at.at(-1);
}

export const join = (directory: ByteName, name: ByteName): ByteName =>
  directory === '' ? name : `${directory}/${name}`;
