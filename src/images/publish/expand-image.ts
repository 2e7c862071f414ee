import { readFile } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { type ImageConfig, readConfig } from '../registry/manifest.ts';
import { completeTree } from '../tree/complete-tree.ts';
import { contentsOf } from '../tree/contents.ts';
import type { StagedImage } from '../tree/staged-image.ts';
import { writeContents } from '../tree/write-contents.ts';
import type { UnpackLimits } from '../unpack/layer-writer.ts';
import { finishTree, unpackImage } from '../unpack/unpack-image.ts';

/** An image as files of its blobs. */
export interface ImageFiles {
  /** The digest of its manifest. */
  readonly digest: string;
  /** As it was asked for. */
  readonly reference: string;
  /** The file of its configuration. */
  readonly config: string;
  /** Those of its layers, the lowest first. */
  readonly layers: readonly string[];
}

/**
 * Expands an image into a directory, with the list of its contents beside it.
 * @param tree does not exist yet
 * @throws GlideinError InvalidMessage, TooLarge, Unsupported; errors of the file system
 */
export async function expandImage(
  { digest, reference, config: file, layers }: ImageFiles,
  tree: string,
  { limits, clock }: { readonly limits: UnpackLimits; readonly clock: Clock },
  signal: AbortSignal,
): Promise<StagedImage> {
  const config = readConfig(await readFile(file));
  const diffIds = diffIdsOf(layers.length, config);
  const unpacked = await unpackImage(
    layers.map((path, at) => ({ path, diffId: diffIds[at] ?? '' })),
    tree,
    limits,
    signal,
  );
  completeTree(unpacked, config, clock.wall());
  finishTree(unpacked);
  const contents = `${tree}.list.gz`;
  const { sum, entries } = await writeContents(contents, contentsOf(unpacked.root));
  const record = {
    digest,
    reference,
    publishedAt: new Date(clock.wall()).toISOString(),
    entries,
    bytes: unpacked.counts.bytes,
    devicesLeftOut: unpacked.counts.devices,
    contents: sum,
    labels: config.config?.Labels ?? {},
  };
  return { tree, contents, record };
}

function diffIdsOf(layers: number, { rootfs }: ImageConfig): readonly string[] {
  if (rootfs.diff_ids.length === layers) return rootfs.diff_ids;
  throw new GlideinError(
    'InvalidMessage',
    'the image has another number of layers than its configuration says',
  );
}
