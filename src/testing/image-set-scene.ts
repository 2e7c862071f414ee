import { imageSetResourceSpec } from '#api/image-set.ts';
import type { ImageSetResource } from '#groups/cluster/resources.ts';
import type { ImageSetStatus, ImageStatus } from '#spec/image-set-status.ts';

/** A set of images as the cluster has it, with the defaults of its specification. */
export const imageSetOf = (
  name: string,
  spec: object = {},
  metadata: Partial<ImageSetResource['metadata']> = {},
): ImageSetResource & { readonly spec: ReturnType<typeof imageSetResourceSpec.parse> } => ({
  metadata: {
    namespace: 'atlas',
    name,
    uid: `uid-${name}`,
    generation: 3,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...metadata,
  },
  spec: imageSetResourceSpec.parse({ directory: { claimName: 'images' }, ...spec }),
});

export const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** A tag that is live. */
export const liveTag = (reference: string, more: Partial<ImageStatus> = {}): ImageStatus => ({
  reference,
  platform: 'linux/amd64',
  digest: digestOf('a'),
  path: `.images/sha256/aa/${'a'.repeat(64)}`,
  bytes: 1000,
  publishedAt: '2026-01-01T00:00:00.000Z',
  lastCheckedAt: '2026-01-01T00:10:00.000Z',
  nextCheckAt: '2026-01-01T00:25:00.000Z',
  registryDigest: digestOf('b'),
  ...more,
});

/** A tag whose last attempt failed, and that is not live. */
export const failedTag = (reference: string, reason = 'the registry has no such tag'): ImageStatus => ({
  reference,
  platform: 'linux/amd64',
  failure: { code: 'NotFound', reason, at: '2026-01-01T00:10:00.000Z', attempts: 2 },
});

/** What a publisher answers that has these tags. */
export function answerWith(
  images: readonly ImageStatus[],
  more: Partial<ImageSetStatus> = {},
): ImageSetStatus {
  const failed = images.filter(({ failure }) => failure !== undefined).length;
  const unlisted = more.listings?.filter(({ failure }) => failure !== undefined).length ?? 0;
  const published = images.filter(({ digest }) => digest !== undefined).length;
  return {
    set: 's',
    directory: '/var/lib/glidein/images',
    specDigest: digestOf('c'),
    writtenAt: '2026-01-01T00:20:00.000Z',
    counts: {
      tags: images.length,
      published,
      failed: failed + unlisted,
      pending: images.length - published - failed,
    },
    images: [...images],
    listings: [],
    ...more,
  };
}
