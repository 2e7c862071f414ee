import { readFileSync } from 'node:fs';
import { GlideinError } from '#base/error.ts';
import type { BlobFiles } from '../registry/blob-files.ts';
import {
  type Descriptor,
  type ImageManifest,
  manifestFor,
  type Platform,
  readConfig,
  readManifest,
} from '../registry/manifest.ts';
import { type ImageReference, referenceText } from '../registry/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { UnpackLimits } from '../unpack/layer-writer.ts';
import type { ImageFiles } from './expand-image.ts';

export interface FetchOptions {
  readonly client: Pick<RegistryClient, 'manifest' | 'blob'>;
  readonly blobs: Pick<BlobFiles, 'fetch'>;
  readonly platform: Platform;
  readonly limits: UnpackLimits;
  /** Waits for room for so many bytes. @throws GlideinError NoSpace */
  readonly requireRoom?: ((bytes: number) => Promise<void>) | undefined;
}

/** What a reference leads to on a platform. */
export interface ResolvedImage {
  /** The digest of the manifest. */
  readonly digest: string;
  /** The digest of what the registry has under the reference: that manifest, or an index of several. */
  readonly registryDigest: string;
  readonly manifest: ImageManifest;
}

/** @throws GlideinError of the registry; NotFound if the image is not made for the platform */
export async function resolveImage(
  reference: ImageReference,
  { client, platform }: Pick<FetchOptions, 'client' | 'platform'>,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  const { digest: registryDigest, body } = await client.manifest(reference, signal);
  const found = readManifest(body);
  if ('layers' in found) return { digest: registryDigest, registryDigest, manifest: found };
  const chosen = manifestFor(found, platform);
  const fetched = await client.manifest({ ...reference, digest: chosen.digest }, signal);
  const manifest = readManifest(fetched.body);
  if ('layers' in manifest) return { digest: fetched.digest, registryDigest, manifest };
  throw new GlideinError('InvalidMessage', 'the index of the image leads to another index');
}

/** Fetches what an image consists of. @throws GlideinError of the registry; TooLarge before anything is fetched that could not be kept */
export async function fetchFiles(
  reference: ImageReference,
  { digest, manifest }: ResolvedImage,
  { client, blobs, limits, platform, requireRoom }: FetchOptions,
  signal: AbortSignal,
): Promise<ImageFiles> {
  await requireRoom?.(requireBounded(manifest, limits));
  const fetch = (blob: Descriptor) => blobs.fetch(client, reference, blob, signal);
  const config = await fetch(manifest.config);
  // One at a time: it may be large, and many images are on their way.
  const { architecture = platform.architecture } = readConfig(readFileSync(config));
  if (architecture !== platform.architecture)
    throw new GlideinError(
      'NotFound',
      `the image is not made for ${platform.architecture}: it is for ${architecture}`,
    );
  const layers = [];
  for (const layer of manifest.layers) layers.push(await fetch(layer));
  return { digest, reference: referenceText(reference), config, layers };
}

/** The most bytes of a configuration, which is read as a whole. */
const longestConfig = 8 * 2 ** 20;

/** @returns the bytes of all that is to be fetched */
function requireBounded({ layers, config }: ImageManifest, { bytes }: UnpackLimits): number {
  const compressed = layers.reduce((sum, { size }) => sum + size, 0);
  if (compressed > bytes)
    throw new GlideinError(
      'TooLarge',
      `the layers of the image have ${compressed} bytes; ${bytes} are allowed`,
    );
  if (config.size > longestConfig)
    throw new GlideinError(
      'TooLarge',
      `the configuration of the image has ${config.size} bytes; ${longestConfig} are allowed`,
    );
  return compressed + config.size;
}
