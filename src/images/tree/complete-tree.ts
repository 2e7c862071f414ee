import type { ImageConfig } from '../registry/manifest.ts';
import { join, newDirectory, type Place, partsOf, walk } from '../unpack/tree-index.ts';
import type { UnpackedTree } from '../unpack/unpack-image.ts';
import { startFiles } from './start-files.ts';

/** Directories that a container run by Apptainer binds something to, or that its programs expect. */
const mountPoints = ['dev', 'proc', 'sys', 'tmp', 'var/tmp', 'home', 'root', 'srv', 'cvmfs', 'mnt', 'etc'];

/** Files that Apptainer binds its own to. */
const boundFiles = ['etc/passwd', 'etc/group', 'etc/resolv.conf', 'etc/hosts', 'etc/localtime'];

/**
 * Adds what an image of a registry lacks as an expanded directory: mount points, and `.singularity.d`, from which Apptainer takes
 * the image's environment and its program. What the image has itself stays, except for the files that say what its configuration says.
 * @param now milliseconds since the epoch
 */
export function completeTree(tree: UnpackedTree, config: ImageConfig, now: number): void {
  for (const path of mountPoints) addDirectory(tree, path);
  for (const path of boundFiles)
    if (!isThere(tree, path)) addFile(tree, { path, text: '', mode: 0o644 }, now);
  for (const file of startFiles(config)) {
    remove(tree, file.path);
    addFile(tree, file, now);
  }
}

/** @returns the directory at a path, made if it is missing; undefined if something else is there */
function addDirectory(tree: UnpackedTree, path: string): Place | undefined {
  try {
    return walk(tree.root, partsOf(path), (parent, name) => {
      const made = newDirectory(0);
      tree.files.makeDirectory(join(parent.path, name));
      parent.directory.children.set(name, made);
      return made;
    });
  } catch {
    // The image has a file there, or links in a circle: then it is as its author wanted it.
    return undefined;
  }
}

interface AddedFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

function addFile(tree: UnpackedTree, { path, text, mode }: AddedFile, now: number): void {
  const [name = '', ...folders] = path.split('/').reverse();
  const parent = addDirectory(tree, folders.reverse().join('/'));
  if (parent === undefined || parent.directory.children.has(name)) return;
  const content = Buffer.from(text);
  const file = tree.files.newFile(join(parent.path, name));
  file.write(content);
  const digest = file.finish(mode, now);
  parent.directory.children.set(name, { kind: 'file', layer: 0, mode, size: content.length, digest });
}

function remove(tree: UnpackedTree, path: string): void {
  const [name = '', ...folders] = path.split('/').reverse();
  const parent = addDirectory(tree, folders.reverse().join('/'));
  if (parent === undefined || !parent.directory.children.delete(name)) return;
  tree.files.remove(join(parent.path, name));
}

/** Whether there is anything at a path, a dangling link included: such links are filled when the container starts. */
function isThere(tree: UnpackedTree, path: string): boolean {
  const [name = '', ...folders] = path.split('/').reverse();
  return addDirectory(tree, folders.reverse().join('/'))?.directory.children.has(name) !== false;
}
