import { relative } from 'node:path';
import type { ImageStatus } from '#spec/image-set-status.ts';
import { type Published, publishedName } from '../publish/publish-image.ts';
import { type ImageReference, parseReference } from '../registry/reference.ts';
import { imagePath, linkedDigest, recordOf } from '../tree/image-directory.ts';
import { type DueTag, isToPublish } from './plan.ts';
import { publishTag } from './publish-tag.ts';
import { afterAnswer, afterFailure, isOfAuthor, iso, nextFailure, timeOf } from './schedule.ts';
import type { PlatformPlace, SetWork } from './set-work.ts';

/** Asks a registry for a tag, with one HEAD, and publishes what is new. It rejects only when `signal` aborts, or for a defect. */
export async function checkTag(tag: DueTag, work: SetWork, signal: AbortSignal): Promise<void> {
  const reference = parseReference(tag.reference);
  let found: string | undefined;
  try {
    found = reference.digest ?? (await digestNow(reference, work, signal));
    work.metrics.checked('answered');
  } catch (error) {
    signal.throwIfAborted();
    work.metrics.checked('failed');
    for (const platform of tag.platforms) noteUnanswered(tag.reference, platform, error, work);
    return;
  }
  await Promise.all(
    tag.platforms.map(async (platform) => {
      const place = work.places.get(platform);
      if (place !== undefined) await bring(reference, tag.reference, found, place, work, signal);
    }),
  );
}

const digestNow = (
  reference: ImageReference,
  { checks, registries }: SetWork,
  signal: AbortSignal,
): Promise<string | undefined> =>
  checks.run(
    reference.registry,
    async (rest) => (await registries.reader(reference.registry)).digestOf(reference, signal, rest),
    signal,
  );

/** What is live stays live, whatever its registry says. */
function noteUnanswered(name: string, platform: string, error: unknown, work: SetWork): void {
  const { state, schedule, clock, random, logger } = work;
  const image = state.image(name, platform);
  if (image === undefined) return;
  const now = clock.wall();
  const failure = nextFailure(error, image.failure, now);
  // Whoever pushes the missing image wants it to be found soon.
  const next = isOfAuthor(failure.code)
    ? afterAnswer(now, schedule, random)
    : afterFailure(now, failure.attempts, schedule, random);
  state.put({ ...image, nextCheckAt: iso(next), failure });
  logger.warn(
    { image: name, platform, code: failure.code, reason: failure.reason },
    'a tag could not be checked',
  );
}

/** Publishes an image on one platform, if that is to be done. */
async function bring(
  reference: ImageReference,
  name: string,
  found: string | undefined,
  place: PlatformPlace,
  work: SetWork,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock } = work;
  const image = state.image(name, place.platform);
  if (image === undefined) return;
  try {
    const linked = await linkedDigest(place.directory, publishedName(reference));
    if (!isToPublish(image, found, linked, clock.wall())) {
      state.put(unchanged(image, found, work));
      return;
    }
    const published = await publishTag(reference, place, work, signal);
    state.put(await live(image, published, place, work));
    work.metrics.published('published');
    work.logger.info({ image: name, platform: place.platform, digest: published.digest }, 'image is live');
  } catch (error) {
    signal.throwIfAborted();
    state.put(failed(image, found, error, work));
  }
}

function unchanged(image: ImageStatus, found: string | undefined, work: SetWork): ImageStatus {
  const { failure, ...rest } = image;
  const now = work.clock.wall();
  const next = afterAnswer(now, work.schedule, work.random);
  const isLive = image.digest !== undefined && found === image.registryDigest;
  if (failure === undefined || isLive) return { ...rest, lastCheckedAt: iso(now), nextCheckAt: iso(next) };
  const nextCheckAt = iso(Math.min(next, timeOf(failure.retryAt) || next));
  return { ...image, lastCheckedAt: iso(now), nextCheckAt };
}

async function live(
  { reference, platform, digest: before, publishedAt }: ImageStatus,
  { digest, registryDigest }: Published,
  { directory }: PlatformPlace,
  { clock, schedule, random, directory: root }: SetWork,
): Promise<ImageStatus> {
  const now = clock.wall();
  const record = await recordOf(directory, digest);
  return {
    reference,
    platform,
    digest,
    path: relative(root, imagePath(directory, digest)),
    ...(record === undefined ? {} : { bytes: record.bytes }),
    publishedAt: before === digest && publishedAt !== undefined ? publishedAt : iso(now),
    lastCheckedAt: iso(now),
    nextCheckAt: iso(afterAnswer(now, schedule, random)),
    registryDigest,
  };
}

function failed(image: ImageStatus, found: string | undefined, error: unknown, work: SetWork): ImageStatus {
  const { clock, schedule, random, logger, metrics } = work;
  const now = clock.wall();
  const isSame = image.failure?.registryDigest === found;
  const failure = nextFailure(error, isSame ? image.failure : undefined, now);
  const retry = afterFailure(now, failure.attempts, schedule, random);
  const next = Math.min(retry, afterAnswer(now, schedule, random));
  metrics.published(failure.code);
  logger.warn(
    { image: image.reference, platform: image.platform, code: failure.code, reason: failure.reason },
    'image was not published',
  );
  return {
    ...image,
    lastCheckedAt: iso(now),
    nextCheckAt: iso(next),
    failure: {
      ...failure,
      retryAt: iso(retry),
      ...(found === undefined ? {} : { registryDigest: found }),
    },
  };
}
