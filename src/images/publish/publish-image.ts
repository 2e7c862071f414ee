import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { type ImageReference, referenceText } from '../registry/reference.ts';
import type { ImageTarget } from '../target/image-target.ts';
import { removeFiles } from '../tree/remove-files.ts';
import type { StagedImage } from '../tree/staged-image.ts';
import type { UnpackLimits } from '../unpack/layer-writer.ts';
import { expandImage, type ImageFiles } from './expand-image.ts';
import { type FetchOptions, fetchFiles, type ResolvedImage, resolveImage } from './fetch-files.ts';

/** Expands an image into a directory that does not exist yet. @throws GlideinError of the image */
export type Expand = (files: ImageFiles, tree: string, signal: AbortSignal) => Promise<StagedImage>;

export interface PublishOptions extends FetchOptions {
  readonly images: ImageTarget;
  readonly clock: Clock;
  /** What the reference leads to, if the registry has been asked already. */
  readonly resolved?: ResolvedImage | undefined;
  /** How images are expanded; in this process if undefined. */
  readonly expand?: Expand | undefined;
  /** Tries the complete tree before anybody sees it. @throws GlideinError if no payload could run in it */
  readonly smokeTest?: ((tree: string, signal: AbortSignal) => Promise<void>) | undefined;
  /** Compares the image where it is published with what it should be, before a name leads to it. @returns what differs */
  readonly verify?: ((digest: string, signal: AbortSignal) => Promise<readonly string[]>) | undefined;
}

/** An image that is published now. */
export interface Published {
  readonly name: string;
  readonly digest: string;
  /** What the registry has under the reference: that image, or an index of several. */
  readonly registryDigest: string;
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
  const resolved = options.resolved ?? (await resolveImage(reference, options, signal));
  const { digest, registryDigest } = resolved;
  const name = publishedName(reference);
  const wasThere = await linkIfThere(name, digest, images, signal);
  if (!wasThere)
    await addImage(name, await fetchFiles(reference, resolved, options, signal), options, signal);
  return { name, digest, registryDigest, path: images.pathOf(digest), wasThere };
}

/** Links within one change with the look whether the image is there: a clean-up may have removed it just before. */
async function linkIfThere(
  name: string,
  digest: string,
  images: ImageTarget,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await images.has(digest))) return false;
  if ((await images.digestOf(name)) === digest) return true;
  return await images.change(async (change) => {
    if (!(await change.has(digest))) return false;
    await change.link(name, digest);
    return true;
  }, signal);
}

/** The name under which an image is published. */
export const publishedName = (reference: ImageReference): string =>
  referenceText(reference.tag === undefined ? reference : { ...reference, digest: undefined });

async function addImage(
  name: string,
  files: ImageFiles,
  { images, limits, clock, smokeTest, verify, expand = expandHere(limits, clock) }: PublishOptions,
  signal: AbortSignal,
): Promise<void> {
  const tree = images.newStagingPath();
  try {
    const staged = await expand(files, tree, signal);
    await smokeTest?.(tree, signal);
    await images.change(async (change) => {
      const isNew = await change.add(staged);
      const [problem] = (await verify?.(files.digest, signal)) ?? [];
      if (problem !== undefined) {
        // What was there before may have other names, and payloads that run in it.
        if (isNew) await change.remove(files.digest);
        throw new GlideinError('WriteFailed', `the published image is not complete: ${problem}`);
      }
      await change.link(name, files.digest);
    }, signal);
  } finally {
    await removeFiles(tree);
    await removeFiles(`${tree}.list.gz`);
  }
}

const expandHere =
  (limits: UnpackLimits, clock: Clock): Expand =>
  (files, tree, signal) =>
    expandImage(files, tree, { limits, clock }, signal);
