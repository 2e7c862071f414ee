import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { milliseconds } from '#spec/fields.ts';
import type { CleaningStatus, ImageStatus } from '#spec/image-set-status.ts';
import { publishedName } from '../publish/publish-image.ts';
import { isReference, parseReference } from '../registry/reference.ts';
import type { ImageChange } from '../target/image-target.ts';
import { collectGarbage } from '../tree/collect-garbage.ts';
import { imageDigests, linkedDigest, publishedNames } from '../tree/image-directory.ts';
import { leasedImages } from '../tree/leases.ts';
import { iso, timeOf } from './schedule.ts';
import type { PlatformPlace, SetWork } from './set-work.ts';
import { readStatus, setsIn } from './status-file.ts';

/** The most problems that are told. */
const mostTold = 20;

interface Cleaned {
  removedNames: number;
  removedImages: number;
  keptImages: number;
  readonly problems: string[];
}

/**
 * Takes away names that nobody has listed for a while, and images that have had no name for a while; then looks whether every
 * name that is left leads to an image.
 */
export async function clean(work: SetWork, signal: AbortSignal): Promise<CleaningStatus> {
  const { clock, spec } = work;
  const cleaned: Cleaned = { removedNames: 0, removedImages: 0, keptImages: 0, problems: [] };
  for (const place of work.places.values()) {
    await cleanPlace(place, work, cleaned, signal);
    await verifyLinks(place, work, cleaned);
  }
  return {
    ...cleaned,
    at: iso(clock.wall()),
    dryRun: spec.retention.dryRun,
    problems: cleaned.problems.slice(0, mostTold).map((each) => truncate(each, 1024)),
  };
}

/** What is said of a clean-up that failed. */
export const unclean = ({ clock, spec }: SetWork, error: unknown): CleaningStatus => ({
  at: iso(clock.wall()),
  removedNames: 0,
  removedImages: 0,
  keptImages: 0,
  dryRun: spec.retention.dryRun,
  problems: [truncate(`the clean-up failed: ${describeError(error)}`, 1024)],
});

async function cleanPlace(
  place: PlatformPlace,
  work: SetWork,
  cleaned: Cleaned,
  signal: AbortSignal,
): Promise<void> {
  const { state, metrics, logger } = work;
  const foreseen = await look(place, work, undefined);
  const isDue = foreseen.names.length > 0 || foreseen.garbage.removed.length > 0 || foreseen.garbage.isNew;
  const { dryRun } = work.spec.retention;
  // Others may have the directory for hours: what is listed or used meanwhile stays.
  const { names, garbage, problems } =
    dryRun || !isDue
      ? foreseen
      : await place.target.use(
          (images) => images.change(async (change) => await look(place, work, change), signal),
          signal,
        );
  cleaned.problems.push(...problems);
  cleaned.removedNames += names.length;
  cleaned.removedImages += garbage.removed.length;
  cleaned.keptImages += garbage.kept.length;
  if (dryRun) return;
  // Only now, because a change that fails leaves names where they are; and not what is wanted again.
  for (const image of names)
    if (state.image(image.reference, image.platform)?.unlistedSince !== undefined) state.drop(image);
  metrics.removed('name', names.length);
  metrics.removed('image', garbage.removed.length);
  for (const { reference } of names) logger.info({ image: reference }, 'name is gone');
  for (const digest of garbage.removed) logger.info({ digest }, 'image is removed');
}

/** What is to go now. @param change takes it away; undefined: it is only told */
async function look(place: PlatformPlace, work: SetWork, change: ImageChange | undefined) {
  const { most, dryRun, grace } = work.spec.retention;
  const now = work.clock.wall();
  const names = await namesToRemove(place, work, now);
  if (change !== undefined) {
    const wanted = namesOf([...work.state.images], place);
    for (const { reference } of names) {
      const name = publishedName(parseReference(reference));
      if (!wanted.has(name)) await change.unlink(name);
    }
  }
  const { used, problems } = await usedImages(place, work, now);
  const options = { now, grace: milliseconds(grace), most, used, dryRun };
  return { names, problems, garbage: await collectGarbage(place.directory, change, options) };
}

/** Under which names those of the images are published that are listed. The same tag with and without a digest has one name. */
const namesOf = (images: readonly ImageStatus[], { platform }: PlatformPlace): ReadonlySet<string> =>
  new Set(
    images
      .filter((image) => image.platform === platform && image.unlistedSince === undefined)
      .filter(({ reference }) => isReference(reference))
      .map(({ reference }) => publishedName(parseReference(reference))),
  );

/** Those of this set that nobody has listed for long enough, and that no other set publishes. */
async function namesToRemove(
  place: PlatformPlace,
  { state, spec, stateDirectory, name }: SetWork,
  now: number,
): Promise<readonly ImageStatus[]> {
  const { unlistedFor, most } = spec.retention;
  const old = [...state.images].filter(
    ({ unlistedSince, platform: on }) =>
      on === place.platform &&
      unlistedSince !== undefined &&
      timeOf(unlistedSince) + milliseconds(unlistedFor) <= now,
  );
  if (old.length === 0) return [];
  const others = namesOf(await imagesOfOthers(stateDirectory, name), place);
  return old.filter(({ reference }) => !others.has(publishedName(parseReference(reference)))).slice(0, most);
}

async function imagesOfOthers(state: string, name: string): Promise<readonly ImageStatus[]> {
  const folder = setsIn(state);
  const files = (await readdir(folder)).filter(
    (each) => each.endsWith('.json') && !each.startsWith('.') && each !== `${name}.json`,
  );
  const images: ImageStatus[] = [];
  for (const file of files)
    for (const image of (await readStatus(join(folder, file)))?.images ?? []) images.push(image);
  return images;
}

/** As long as a lease cannot be read, everything may be in use. */
async function usedImages(
  place: PlatformPlace,
  { stateDirectory, spec }: SetWork,
  now: number,
): Promise<{ readonly used: ReadonlySet<string>; readonly problems: readonly string[] }> {
  const { digests, unreadable } = await leasedImages(stateDirectory, now, milliseconds(spec.retention.grace));
  if (unreadable.length === 0) return { used: digests, problems: [] };
  return {
    used: new Set(await imageDigests(place.directory)),
    problems: unreadable.map((each) => `the lease ${each} cannot be read: no image is removed`),
  };
}

/** A name of this set that leads nowhere, or elsewhere, is published again at once. */
async function verifyLinks(
  { directory, platform }: PlatformPlace,
  { state, clock }: SetWork,
  { problems }: Cleaned,
): Promise<void> {
  for (const { name, digest } of await publishedNames(directory))
    if (digest === undefined) problems.push(`${name} leads to no image`);
  for (const image of state.images) {
    if (image.platform !== platform || image.digest === undefined) continue;
    const linked = await linkedDigest(directory, publishedName(parseReference(image.reference)));
    if (linked !== image.digest) state.put({ ...image, nextCheckAt: iso(clock.wall()) });
  }
}
