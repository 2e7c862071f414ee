import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compressions, layerOf, sha256, type TestEntry } from './image-layers.ts';

/** The entries of a layer, in their order. */
export type LayerEntries = readonly (readonly [string, TestEntry])[];

/**
 * Writes an image as an OCI layout, which umoci, skopeo and apptainer read: the tag is `image`.
 * @returns the digest of its manifest
 */
export async function writeLayout(
  directory: string,
  layers: readonly LayerEntries[],
  compression: keyof typeof compressions = 'gzip',
): Promise<string> {
  return await writeLayoutOf(
    directory,
    await Promise.all(layers.map((entries) => layerOf(entries))),
    compression,
  );
}

/** The same for layers that are archives already. */
export async function writeLayoutOf(
  directory: string,
  archives: readonly Buffer[],
  compression: keyof typeof compressions = 'gzip',
): Promise<string> {
  const folder = join(directory, 'blobs/sha256');
  await mkdir(folder, { recursive: true });
  const blob = async (mediaType: string, content: Buffer) => {
    const digest = sha256(content);
    await writeFile(join(folder, digest.slice('sha256:'.length)), content);
    return { mediaType, digest, size: content.length };
  };
  const json = (mediaType: string, value: unknown) => blob(mediaType, Buffer.from(JSON.stringify(value)));
  const config = await json('application/vnd.oci.image.config.v1+json', {
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/bin'], Cmd: ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: archives.map(sha256) },
    history: archives.map(() => ({ created: '2026-01-01T00:00:00Z' })),
  });
  const suffix = { gzip: '+gzip', zstd: '+zstd', zstdLong: '+zstd', none: '' }[compression];
  const parts = [];
  for (const archive of archives)
    parts.push(
      await blob(`application/vnd.oci.image.layer.v1.tar${suffix}`, compressions[compression](archive)),
    );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await json(mediaType, { schemaVersion: 2, mediaType, config, layers: parts });
  const annotations = { 'org.opencontainers.image.ref.name': 'image' };
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  );
  return manifest.digest;
}
