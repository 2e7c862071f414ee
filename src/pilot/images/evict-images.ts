import { stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '#base/make-folders.ts';
import { type ImageDirectory, imageDigests, publishedNames, recordOf } from '#images/tree/image-directory.ts';
import type { Pins } from './pins.ts';

/** Bytes that a file of an image takes beyond its content: its last block, and its entry. */
const perEntry = 4096;

export interface CachedImage {
  readonly digest: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

/** The images to remove, those first that were used longest ago, until the rest has at most so many bytes. What is in use stays. */
export function imagesToEvict(
  images: readonly CachedImage[],
  most: number,
  pinned: ReadonlySet<string>,
): string[] {
  let bytes = images.reduce((sum, image) => sum + image.bytes, 0);
  const evicted: string[] = [];
  for (const image of images.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (bytes <= most) break;
    if (pinned.has(hexOf(image.digest))) continue;
    evicted.push(image.digest);
    bytes -= image.bytes;
  }
  return evicted;
}

export const hexOf = (digest: string): string => digest.slice('sha256:'.length);

/** Removes images until the rest has at most so many bytes. @returns the bytes that are left */
export async function evictImages(images: ImageDirectory, most: number, pins: Pins): Promise<number> {
  const all = await cachedImages(images.path);
  const gone = new Set(imagesToEvict(all, most, await pins.pinned()));
  if (gone.size > 0) {
    for (const { name, digest } of await publishedNames(images.path))
      if (digest === undefined || gone.has(digest)) await images.unlink(name);
    for (const digest of gone) await images.remove(digest);
  }
  return all.filter(({ digest }) => !gone.has(digest)).reduce((sum, { bytes }) => sum + bytes, 0);
}

async function cachedImages(directory: string): Promise<CachedImage[]> {
  const digests = await imageDigests(directory);
  return await Promise.all(
    digests.map(async (digest) => {
      const record = await recordOf(directory, digest);
      const used = await stat(usePath(directory, hexOf(digest))).catch(() => undefined);
      return {
        digest,
        bytes: (record?.bytes ?? 0) + (record?.entries ?? 0) * perEntry,
        usedAt: used?.mtimeMs ?? 0,
      };
    }),
  );
}

const usePath = (directory: string, hex: string): string => join(directory, '.used', hex);

/** Notes that an image was used now. @param now milliseconds since the epoch */
export async function noteUse(directory: string, hex: string, now: number): Promise<void> {
  await makeFolders(join(directory, '.used'));
  const path = usePath(directory, hex);
  await writeFile(path, '', { flag: 'a' });
  await utimes(path, now / 1000, now / 1000);
}
