import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { writeDurably } from './durable.ts';
import { type ImageDirectory, imageDigests, publishedNames } from './image-directory.ts';

/** Since when no name has led to an image and nobody has used it, by its digest: milliseconds since the epoch. */
const unlinkedSince = z.record(z.string(), z.number());

type UnlinkedSince = Readonly<Record<string, number>>;

export interface GarbageOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds for which an image stays after its last name has gone: payloads may still run in it. */
  readonly grace: number;
  /** The most images to remove at a time. */
  readonly most: number;
  /** Images that somebody still uses. Their time begins anew when that ends: whoever tells may have forgotten some for a while. */
  readonly used: ReadonlySet<string>;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
}

/** What became of images to which no name leads. */
export interface Garbage {
  readonly removed: readonly string[];
  /** Those that stay for now, and until when at the least, in milliseconds since the epoch. */
  readonly kept: readonly { readonly digest: string; readonly until: number }[];
  /** Whether something has lost its last name or its last user, or got one, since the last note. */
  readonly isNew: boolean;
}

/**
 * Removes images to which no name has led for a while.
 * @param images undefined: nothing may be changed, which is enough for a dry run
 */
export async function collectGarbage(
  directory: string,
  images: Pick<ImageDirectory, 'remove'> | undefined,
  { now, grace, most, used, dryRun }: GarbageOptions,
): Promise<Garbage> {
  const before = await readNote(directory);
  const { since, inUse } = await unlinkedNow(directory, before, now, used);
  const isNew = Object.keys(before).sort().join() !== Object.keys(since).sort().join();
  const old: string[] = [];
  const kept = inUse.map((digest) => ({ digest, until: now + grace }));
  for (const [digest, from] of Object.entries(since).sort(([, a], [, b]) => a - b)) {
    const isOld = from + grace <= now && old.length < most;
    if (isOld) old.push(digest);
    else kept.push({ digest, until: Math.max(now, from + grace) });
  }
  if (dryRun || images === undefined) return { removed: old, kept, isNew };
  // Noted first: an image that goes while this process dies needs no note any more.
  const gone = new Set(old);
  const left = Object.fromEntries(Object.entries(since).filter(([digest]) => !gone.has(digest)));
  await writeDurably(notePath(directory), `${JSON.stringify(left)}\n`);
  for (const digest of old) await images.remove(digest);
  return { removed: old, kept, isNew };
}

async function unlinkedNow(
  directory: string,
  before: UnlinkedSince,
  now: number,
  used: ReadonlySet<string>,
): Promise<{ readonly since: UnlinkedSince; readonly inUse: readonly string[] }> {
  const [digests, names] = await Promise.all([imageDigests(directory), publishedNames(directory)]);
  const linked = new Set(names.map(({ digest }) => digest));
  const unlinked = digests.filter((digest) => !linked.has(digest));
  const unused = unlinked.filter((digest) => !used.has(digest));
  return {
    since: Object.fromEntries(unused.map((digest) => [digest, Math.min(now, before[digest] ?? now)])),
    inUse: unlinked.filter((digest) => used.has(digest)),
  };
}

const notePath = (directory: string): string => join(directory, '.images', 'unlinked.json');

/** Without a note, everything counts as unlinked from now on. */
async function readNote(directory: string): Promise<UnlinkedSince> {
  try {
    return unlinkedSince.parse(JSON.parse(await readFile(notePath(directory), 'utf8')));
  } catch {
    return {};
  }
}
