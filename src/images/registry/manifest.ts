import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { boundedJson } from './bounded-json.ts';

/** Media types of manifests, by what they describe. Docker's own came before those of the OCI and are still common. */
export const mediaTypes = {
  index: [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
  ],
  manifest: [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ],
} as const;

/** The most values of a manifest or a configuration: those of an index with a thousand images, each with its annotations. */
const mostValues = 50_000;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'only sha256 digests are supported');

const descriptor = z.object({
  mediaType: z.string().max(256),
  digest,
  size: z.int().min(0),
});

const platform = z.object({
  architecture: z.string().max(64),
  os: z.string().max(64),
  variant: z.string().max(64).optional(),
});

/** The most layers of an image; those of Docker have at most 127. */
const mostLayers = 512;

const imageManifest = z.object({
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor).min(1).max(mostLayers),
});

const imageIndex = z.object({
  mediaType: z.string().optional(),
  manifests: z
    .array(descriptor.extend({ platform: platform.optional() }))
    .min(1)
    .max(1000),
});

/** What a tag leads to: an image, or one image for each platform. */
const anyManifest = z.union([imageManifest, imageIndex]);

const texts = z.array(z.string()).nullish();

/** The parts of an image's configuration that matter for an expanded directory. */
const imageConfig = z.object({
  architecture: z.string().optional(),
  os: z.string().optional(),
  created: z.string().optional(),
  config: z
    .object({
      Env: texts,
      Entrypoint: texts,
      Cmd: texts,
      WorkingDir: z.string().nullish(),
      User: z.string().nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
  rootfs: z.object({ diff_ids: z.array(digest).max(mostLayers) }),
});

export type Descriptor = z.infer<typeof descriptor>;
export type ImageManifest = z.infer<typeof imageManifest>;
export type ImageIndex = z.infer<typeof imageIndex>;
export type ImageConfig = z.infer<typeof imageConfig>;

/** Where an image runs: architecture and operating system as Go names them, such as `amd64` and `linux`. */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
}

/** @throws GlideinError InvalidMessage for anything that is neither a manifest nor an index */
export const readManifest = (body: Buffer): ImageManifest | ImageIndex =>
  readWith(anyManifest, body, 'the manifest');

/** @throws GlideinError InvalidMessage */
export const readConfig = (body: Buffer): ImageConfig => readWith(imageConfig, body, 'the configuration');

function readWith<T>(schema: z.ZodType<T>, body: Buffer, what: string): T {
  const read = schema.safeParse(boundedJson(body, mostValues, `${what} of the image`));
  if (read.success) return read.data;
  throw new GlideinError('InvalidMessage', `${what} of the image cannot be read`, { cause: read.error });
}

/**
 * The manifest of an index that is meant for a platform. Entries without a platform (attestations, for example) are none.
 * @throws GlideinError NotFound, naming the platforms that there are
 */
export function manifestFor(index: ImageIndex, { architecture, os }: Platform): Descriptor {
  const found = index.manifests.find(
    ({ platform: at }) => at !== undefined && at.architecture === architecture && at.os === os,
  );
  if (found !== undefined) return found;
  const named = index.manifests
    .flatMap(({ platform: at }) =>
      at === undefined || at.os === 'unknown' ? [] : [`${at.os}/${at.architecture}`],
    )
    .slice(0, 12);
  const there = named.length === 0 ? 'none at all' : [...new Set(named)].join(', ');
  throw new GlideinError('NotFound', `the image is not made for ${os}/${architecture}: it is for ${there}`);
}
