import { readFile, rm } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { BlobFiles } from './registry/blob-files.ts';
import {
  type Descriptor,
  type ImageConfig,
  type ImageManifest,
  manifestFor,
  type Platform,
  readConfig,
  readManifest,
} from './registry/manifest.ts';
import { type ImageReference, referenceText } from './registry/reference.ts';
import type { RegistryClient } from './registry/registry-client.ts';
import type { ImageTarget } from './target/image-target.ts';
import { completeTree } from './tree/complete-tree.ts';
import { contentsOf } from './tree/contents.ts';
import type { UnpackLimits } from './unpack/layer-writer.ts';
import { finishTree, unpackImage } from './unpack/unpack-image.ts';

export interface PublishOptions {
  readonly client: Pick<RegistryClient, 'manifest' | 'blob'>;
  readonly blobs: Pick<BlobFiles, 'fetch'>;
  readonly images: ImageTarget;
  readonly platform: Platform;
  readonly limits: UnpackLimits;
  readonly clock: Clock;
  /** Tries the complete tree before anybody sees it. @throws GlideinError if no payload could run in it */
  readonly smokeTest?: ((tree: string, signal: AbortSignal) => Promise<void>) | undefined;
}

/** An image that is published now. */
export interface Published {
  readonly name: string;
  readonly digest: string;
  readonly path: string;
  /** Whether the directory of the image was there already. */
  readonly wasThere: boolean;
}

/**
 * Publishes an image under its name: REGISTRY/ORG/NAME:TAG, or REGISTRY/ORG/NAME@DIGEST for a reference without a tag. If anything
 * fails, the name leads where it has led before.
 * @throws GlideinError of the registry, or of the image; errors of the file system
 */
export async function publishImage(
  reference: ImageReference,
  options: PublishOptions,
  signal: AbortSignal,
): Promise<Published> {
  const { images } = options;
  const { digest, manifest } = await resolve(reference, options, signal);
  const wasThere = await images.has(digest);
  const name = referenceText(reference.tag === undefined ? reference : { ...reference, digest: undefined });
  if (!wasThere) await expand(reference, { name, digest, manifest }, options, signal);
  else if ((await images.digestOf(name)) !== digest)
    await images.change(async (change) => await change.link(name, digest), signal);
  return { name, digest, path: images.pathOf(digest), wasThere };
}

/** The manifest for the platform, and its digest. */
async function resolve(
  reference: ImageReference,
  { client, platform }: PublishOptions,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly manifest: ImageManifest }> {
  const { digest, body } = await client.manifest(reference, signal);
  const found = readManifest(body);
  if ('layers' in found) return { digest, manifest: found };
  const chosen = manifestFor(found, platform);
  const fetched = await client.manifest({ ...reference, digest: chosen.digest }, signal);
  const manifest = readManifest(fetched.body);
  if ('layers' in manifest) return { digest: fetched.digest, manifest };
  throw new GlideinError('InvalidMessage', 'the index of the image leads to another index');
}

async function expand(
  reference: ImageReference,
  {
    name,
    digest,
    manifest,
  }: { readonly name: string; readonly digest: string; readonly manifest: ImageManifest },
  options: PublishOptions,
  signal: AbortSignal,
): Promise<void> {
  const { blobs, client, images, limits, clock, smokeTest } = options;
  requireBounded(manifest, limits);
  const fetch = (blob: Descriptor) => blobs.fetch(client, reference, blob, signal);
  const config = readConfig(await readFile(await fetch(manifest.config)));
  const diffIds = diffIdsOf(manifest, config);
  const layers = [];
  for (const [at, layer] of manifest.layers.entries())
    layers.push({ path: await fetch(layer), diffId: diffIds[at] ?? '' });
  const staged = images.newStagingPath();
  try {
    const tree = await unpackImage(layers, staged, limits, signal);
    completeTree(tree, config, clock.wall());
    finishTree(tree);
    await smokeTest?.(staged, signal);
    const contents = [...contentsOf(tree.root)];
    const record = {
      digest,
      reference: referenceText(reference),
      publishedAt: new Date(clock.wall()).toISOString(),
      entries: contents.length,
      bytes: tree.counts.bytes,
      devicesLeftOut: tree.counts.devices,
      labels: config.config?.Labels ?? {},
    };
    await images.change(async (change) => {
      await change.add(staged, record, contents);
      await change.link(name, digest);
    }, signal);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

/** @throws GlideinError TooLarge before anything is fetched that could not be kept */
function requireBounded({ layers }: ImageManifest, { bytes }: UnpackLimits): void {
  const compressed = layers.reduce((sum, { size }) => sum + size, 0);
  if (compressed > bytes)
    throw new GlideinError(
      'TooLarge',
      `the layers of the image have ${compressed} bytes; ${bytes} are allowed`,
    );
}

function diffIdsOf({ layers }: ImageManifest, { rootfs }: ImageConfig): readonly string[] {
  if (rootfs.diff_ids.length === layers.length) return rootfs.diff_ids;
  throw new GlideinError(
    'InvalidMessage',
    'the image has another number of layers than its configuration says',
  );
}
