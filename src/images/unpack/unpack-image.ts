import { mkdir } from 'node:fs/promises';
import { LayerWriter, type UnpackCounts, type UnpackLimits } from './layer-writer.ts';
import { TreeFiles } from './tree-files.ts';
import { type DirectoryNode, join, newDirectory } from './tree-index.ts';
import { unpackLayer } from './unpack-layer.ts';

export interface LayerFile {
  readonly path: string;
  /** The digest of its content without compression. */
  readonly diffId: string;
}

/** An image in a directory, before its directories have got their permissions. */
export interface UnpackedTree {
  readonly root: DirectoryNode;
  readonly files: TreeFiles;
  readonly counts: UnpackCounts;
}

/** Bytes by which an archive is larger than its files: headers, names and padding, at most, for each entry. */
const perEntry = 4096;

/**
 * Unpacks layers, the lowest first, into a new directory. Call {@link finishTree} when the tree is complete.
 * @throws GlideinError InvalidMessage, TooLarge, Unsupported; errors of the file system
 */
export async function unpackImage(
  layers: readonly LayerFile[],
  directory: string,
  limits: UnpackLimits,
  signal: AbortSignal,
): Promise<UnpackedTree> {
  await mkdir(directory, 0o755);
  const root = newDirectory(0);
  const files = new TreeFiles(directory);
  const counts: UnpackCounts = { entries: 0, bytes: 0, devices: 0 };
  for (const [layer, { path, diffId }] of layers.entries()) {
    const most = limits.bytes - counts.bytes + (limits.entries - counts.entries) * perEntry;
    await unpackLayer(path, diffId, most, new LayerWriter({ root, files }, layer, counts, limits), signal);
  }
  return { root, files, counts };
}

/** Gives directories their permissions and times, the deepest first: whatever is put into one changes its time. */
export function finishTree({ root, files }: UnpackedTree): void {
  const finish = (directory: DirectoryNode, path: string): void => {
    for (const [name, child] of directory.children)
      if (child.kind === 'directory') finish(child, join(path, name));
    files.finishDirectory(path, directory.mode, directory.modifiedAt);
  };
  finish(root, '');
}
