import { join } from 'node:path';
import { describeError, type ErrorCode, GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { ImageReference } from '#images/registry/reference.ts';
import { shownUrl } from '#wire/inputs.ts';
import type { FetchedImages, HeldImage } from '../../images/fetched-images.ts';
import { fetchedReference, type RemoteRules } from '../../images/fetched-reference.ts';
import type { ImageFiles } from '../../images/image-files.ts';
import type { ImagesAtHand } from '../../images/images-at-hand.ts';
import { inTime } from '../../runtime/in-time.ts';
import { isNodeFault } from '../../runtime/node-fault.ts';
import { UrlFailure } from '../../transfer/url-failure.ts';
import { consequences, type FaultClass } from '../claim/fault-class.ts';
import type { Job } from '../claim/job.ts';
import { PayloadFault } from '../claim/payload-fault.ts';
import { chooseBrought, chooseImage, type ImageChoice, type ImageRules, noFiles } from './choose-image.ts';
import { faultOfFile } from './image-file.ts';

export interface ImageContext {
  readonly images: ImageRules;
  readonly remote: RemoteRules;
  readonly fetched: Pick<FetchedImages, 'hold'>;
  readonly fetchedFiles: Pick<ImageFiles, 'hold'>;
  readonly imagesAtHand: Pick<ImagesAtHand, 'use'>;
  readonly clock: Parameters<typeof inTime>[1];
}

/** The image in which a payload runs. It stays as it is until it is released. */
export interface ResolvedImage extends HeldImage {
  readonly isFile: boolean;
}

const stays = async (): Promise<void> => {};

/**
 * Finds or fetches the image of a job. What is published comes first: only what is not is fetched, if the group allows it.
 * @returns undefined if the job brings its image: then call {@link broughtImage} once its inputs are there
 * @throws PayloadFault; errors of the file system
 */
export async function resolveImage(
  job: Pick<Job, 'image' | 'imageUrl'>,
  inputs: readonly string[],
  context: ImageContext,
  signal: AbortSignal,
): Promise<ResolvedImage | undefined> {
  const found = await findImage(job, inputs, context, signal);
  return found && context.imagesAtHand.use(found);
}

async function findImage(
  job: Pick<Job, 'image' | 'imageUrl'>,
  inputs: readonly string[],
  context: ImageContext,
  signal: AbortSignal,
): Promise<ResolvedImage | undefined> {
  const { images, remote, clock } = context;
  if (isKept(job, remote)) return await fetchFile(job.imageUrl ?? '', context, signal);
  if (job.image !== undefined && inputs.includes(job.image)) return undefined;
  const choice = await inTime('the directory of images', clock, chooseImage(job.image, images));
  if ('image' in choice) return { path: choice.image, isFile: choice.isFile, release: stays };
  const reference = fetchedReference(job.image ?? images.default, remote);
  if (reference === undefined) throw imageFault(choice.fault, choice.reason);
  if (typeof reference === 'string') throw imageFault(choice.fault, `${choice.reason}; ${reference}`);
  return await fetchHeld(job.image ?? images.default ?? '', reference, context, signal);
}

/** What the owner of a job calls its image. */
export const nameOfImage = (
  { image, imageUrl }: Pick<Job, 'image' | 'imageUrl'>,
  { default: otherwise = '' }: Pick<ImageRules, 'default'>,
): string => (imageUrl === undefined ? (image ?? otherwise) : shownUrl(imageUrl));

/** Whether the pilot fetches the image file of a job, and keeps it; otherwise its URL is an input like others. */
export const isKept = ({ imageUrl }: Pick<Job, 'imageUrl'>, { urls, digestsOnly }: RemoteRules): boolean => {
  const url = URL.parse(imageUrl ?? '')?.href;
  return (
    url !== undefined &&
    !digestsOnly &&
    urls.some((prefix) => url.startsWith(URL.parse(prefix)?.href ?? prefix))
  );
};

async function fetchFile(url: string, context: ImageContext, signal: AbortSignal): Promise<ResolvedImage> {
  const { fetchedFiles, images } = context;
  const name = shownUrl(url);
  const held = await fetchedFiles.hold(url, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof UrlFailure)) throw error;
    throw imageFault(
      isOfFile(error) ? 'image' : 'source',
      `the image ${name} was not fetched: ${error.message}`,
    );
  });
  const fault = await faultOfFile(name, held.path, images.imageFiles ?? noFiles);
  if (fault === undefined) return { ...held, isFile: true };
  await held.release();
  throw imageFault(fault.fault, fault.reason);
}

/** What the server says of the file itself. All else is about the way to it. */
const isOfFile = ({ message }: UrlFailure): boolean =>
  /^the server answered 4(?!08|25|29)|^it is larger/.test(message);

/** The image file that a job has brought, in its directory. @throws PayloadFault; errors of the file system */
export async function broughtImage(
  { image = '' }: Job,
  directory: string,
  rules: ImageRules,
): Promise<ResolvedImage> {
  const choice: ImageChoice = await chooseBrought(image, join(directory, image), rules);
  if ('reason' in choice) throw imageFault(choice.fault, choice.reason);
  return { path: choice.image, isFile: choice.isFile, release: stays };
}

async function fetchHeld(
  name: string,
  reference: ImageReference,
  { fetched }: ImageContext,
  signal: AbortSignal,
): Promise<ResolvedImage> {
  try {
    const held = await fetched.hold(reference, signal);
    return { ...held, isFile: false };
  } catch (error) {
    signal.throwIfAborted();
    if (isNodeFault(error)) throw error;
    const fault = error instanceof GlideinError && ofImage.has(error.code) ? 'image' : 'source';
    throw imageFault(fault, `the image ${name} was not fetched: ${describeError(error)}`);
  }
}

/** Codes of errors that come again wherever the image is fetched. All others are about the way to it. */
const ofImage: ReadonlySet<ErrorCode> = new Set([
  'NotFound',
  'Unauthenticated',
  'InvalidArgument',
  'InvalidMessage',
  'TooLarge',
  'Unsupported',
]);

/** Also a job that several nodes cannot start is held with the code of images. */
const imageFault = (fault: FaultClass, reason: string): PayloadFault =>
  new PayloadFault(
    consequences[fault].blame,
    holdCodes.invalidImage,
    truncate(reason, 1000),
    undefined,
    fault,
  );
