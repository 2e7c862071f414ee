import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatDuration } from '#base/duration.ts';
import { GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { amount, milliseconds } from '#spec/fields.ts';
import { type FetchOptions, fetchFiles, type ResolvedImage, resolveImage } from '../publish/fetch-files.ts';
import { type Published, publishImage } from '../publish/publish-image.ts';
import type { RegistryReader } from '../registry/mirrored-client.ts';
import type { ImageReference } from '../registry/reference.ts';
import type { Rest } from '../registry/registry-peace.ts';
import { recordOf } from '../tree/image-directory.ts';
import type { PlatformPlace, SetWork } from './set-work.ts';

/** Bytes that stay free on each volume. */
export const reserve = 256 * 2 ** 20;

/** Publishes what a tag leads to. @throws GlideinError of the registry, or of the image; errors of the file system */
export async function publishTag(
  reference: ImageReference,
  place: PlatformPlace,
  work: SetWork,
  signal: AbortSignal,
): Promise<Published> {
  return await work.transfers.run(
    reference.registry,
    (rest) => withinLimit(work, signal, (limited) => publishNow(reference, place, work, rest, limited)),
    signal,
  );
}

async function publishNow(
  reference: ImageReference,
  { platform, directory, target }: PlatformPlace,
  work: SetWork,
  rest: Rest,
  signal: AbortSignal,
): Promise<Published> {
  const { worker, tryImage, clock, spec } = work;
  const [os = '', architecture = ''] = platform.split('/');
  const limits = { entries: spec.limits.entries, bytes: amount(spec.limits.imageSize), reserve };
  const client = resting(await work.registries.reader(reference.registry), rest);
  const { smokeTest: test } = spec;
  const { parallel } = spec.limits;
  if (test !== undefined && tryImage === undefined)
    throw new GlideinError('RuntimeFailed', 'there is no Apptainer here to try the image with', {
      cure: 'install it, or leave out smokeTest',
    });
  const blobs = work.uses.hold(work.blobs);
  let taken = 0;
  const fetching = { client, blobs, platform: { os, architecture }, limits };
  try {
    const takeRoom = async (bytes: number): Promise<void> => {
      const total = amount(spec.limits.layerCache) + spec.limits.parallel * amount(spec.limits.imageSize);
      if (work.room.take(bytes, total)) taken = bytes;
      else
        await rest(async () => {
          await work.room.wait(bytes, total, signal);
          taken = bytes;
        });
      await evict(work);
      await requireRoom(bytes, work.layers);
    };
    const { resolved, wasThere } = await fetchFirst(
      reference,
      directory,
      { ...fetching, requireRoom: takeRoom },
      signal,
    );
    const publish = () =>
      target.use(
        async (images) =>
          await publishImage(
            reference,
            {
              ...fetching,
              images,
              resolved,
              clock,
              // The layers are here by now; the image is built beside those that are published.
              requireRoom: (bytes) => requireRoom(2 * bytes, dirname(images.newStagingPath())),
              expand: (files, tree, limited) =>
                work.expansions.run(
                  reference.registry,
                  () => worker.expand(files, tree, limits, parallel, limited),
                  limited,
                ),
              smokeTest:
                test === undefined
                  ? undefined
                  : (tree, limited) =>
                      tryImage?.(
                        tree,
                        { command: test.command, timeLimit: milliseconds(test.timeLimit) },
                        limited,
                      ) ?? Promise.resolve(),
              verify: (digest, limited) =>
                work.expansions.run(
                  reference.registry,
                  () => worker.verify(images.path, digest, parallel, limited),
                  limited,
                ),
            },
            signal,
          ),
        signal,
      );
    if (wasThere) return await publish();
    // Two names that lead to one new image: the second finds what the first has expanded. Each fetches for itself, because what
    // a registry does not send is no reason for images of another one to wait.
    return await work.turns.run(`${directory} ${resolved.digest}`, publish, rest, signal);
  } finally {
    blobs.release();
    await evict(work).finally(() => work.room.give(taken));
  }
}

/** What is kept and what is on its way are together no more than was promised. */
async function evict({ spec: { limits }, blobs, room, uses }: SetWork): Promise<void> {
  const kept = amount(limits.layerCache);
  const free = kept + limits.parallel * amount(limits.imageSize) - room.taken;
  await blobs.evict(Math.max(0, Math.min(kept, free)), uses.held);
}

/**
 * Fetches what an image consists of before the directory is locked for it: a registry that hangs must not keep waiting whoever else
 * publishes there.
 */
async function fetchFirst(
  reference: ImageReference,
  directory: string,
  fetching: FetchOptions,
  signal: AbortSignal,
): Promise<{ readonly resolved: ResolvedImage; readonly wasThere: boolean }> {
  const resolved = await resolveImage(reference, fetching, signal);
  const wasThere = (await recordOf(directory, resolved.digest)) !== undefined;
  if (!wasThere) await fetchFiles(reference, resolved, fetching, signal);
  return { resolved, wasThere };
}

/** A reader that gives its place away while its registry wants to be left in peace. */
const resting = (reader: RegistryReader, rest: Rest): FetchOptions['client'] => ({
  manifest: (reference, signal) => reader.manifest(reference, signal, rest),
  blob: (reference, digest, from, signal) => reader.blob(reference, digest, from, signal, rest),
});

/** @throws GlideinError Timeout */
async function withinLimit<T>(
  { clock, spec: { limits } }: SetWork,
  signal: AbortSignal,
  run: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const limit = milliseconds(limits.timeLimit);
  const timer = clock.after(limit, () =>
    late.abort(new GlideinError('Timeout', `the image was not published within ${formatDuration(limit)}`)),
  );
  try {
    return await run(AbortSignal.any([signal, late.signal]));
  } catch (error) {
    signal.throwIfAborted();
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    timer.cancel();
  }
}

async function requireRoom(bytes: number, directory: string): Promise<void> {
  await makeFolders(directory);
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < bytes + reserve)
    throw new GlideinError(
      'NoSpace',
      `the image needs about ${Math.ceil((bytes + reserve) / 2 ** 20)} MiB, and ${Math.floor((bavail * bsize) / 2 ** 20)} MiB are free`,
    );
}
