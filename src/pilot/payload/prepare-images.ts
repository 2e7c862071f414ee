import { describeError } from '#base/error.ts';
import type { PayloadContext } from './payload-context.ts';
import { type ImageContext, resolveImage } from './start/resolve-image.ts';

/** What preparing an image needs of what payloads need. */
export type PrepareImagesContext = ImageContext &
  Pick<PayloadContext, 'warm' | 'mounts' | 'network' | 'logger'>;

/**
 * Fetches the images that a group wants at hand when its pilots start, and sets up a warm container of each if the group keeps some: the
 * first job that names one then starts like the others. One after the other, because jobs may come meanwhile. An image
 * that cannot be had now is tried again by the job that needs it, which also shows what is wrong.
 */
export async function prepareImages(
  names: readonly string[],
  context: PrepareImagesContext,
  signal: AbortSignal,
): Promise<void> {
  for (const name of names) {
    if (signal.aborted) return;
    try {
      await prepareImage(name, context, signal);
      context.logger.info({ image: name }, 'image is at hand');
    } catch (error) {
      context.logger.warn({ image: name, reason: describeError(error) }, 'image could not be prepared');
    }
  }
}

async function prepareImage(name: string, context: PrepareImagesContext, signal: AbortSignal): Promise<void> {
  const { warm, mounts, network } = context;
  const image = await resolveImage({ image: name, imageUrl: undefined }, [], context, signal);
  if (image === undefined) return;
  try {
    if (warm === undefined || image.isFile || network === 'None') return;
    await warm.find({ image: image.path, mounts: (await mounts()).mounts }, name);
  } finally {
    await image.release();
  }
}
