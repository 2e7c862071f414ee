import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/** Where publishers write what they know of their sets, below the directory of images: one file for each. */
const statusFolder = '.publisher/sets';

/** The most files that are looked at, and the most bytes of one. */
const most = { files: 64, bytes: 32 * 2 ** 20 };

/** As much of a publisher's status as matters here; it may be newer than this pilot. */
const status = z.object({
  images: z.array(
    z.object({
      reference: z.string(),
      digest: z.string().optional(),
      failure: z.object({ reason: z.string(), attempts: z.number() }).optional(),
      nextCheckAt: z.string().optional(),
    }),
  ),
});

type ImageStatus = z.infer<typeof status>['images'][number];

/**
 * What the publishers of directories of images have written of an image that is not there: why they could not publish it, or that they
 * have yet to. So the author of an image learns it where their job is.
 * @param names the names under which it may be published
 */
export async function publisherSays(
  directories: readonly string[],
  names: readonly string[],
): Promise<string | undefined> {
  for (const directory of directories)
    for (const image of await statusIn(join(directory, statusFolder)))
      if (names.includes(image.reference)) return inWords(image);
  return undefined;
}

function inWords({ failure, digest, nextCheckAt }: ImageStatus): string | undefined {
  if (failure !== undefined) {
    const times = failure.attempts > 1 ? `, ${failure.attempts} times in a row` : '';
    return `its publisher could not publish it${times}: ${failure.reason}`;
  }
  if (digest !== undefined) return undefined;
  return `its publisher has not published it yet${nextCheckAt === undefined ? '' : ` and looks for it at ${nextCheckAt}`}`;
}

async function statusIn(folder: string): Promise<readonly ImageStatus[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => /^[^.].*\.json$/.test(name)).slice(0, most.files);
  return (await Promise.all(files.map((name) => imagesOf(join(folder, name))))).flat();
}

/** None for a file that cannot be read: this only adds to what is said anyway. */
async function imagesOf(path: string): Promise<readonly ImageStatus[]> {
  try {
    if ((await stat(path)).size > most.bytes) return [];
    return status.parse(JSON.parse(await readFile(path, 'utf8'))).images;
  } catch {
    return [];
  }
}
