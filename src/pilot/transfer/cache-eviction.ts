import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of the cache. Its time of modification is that of its last use. */
export interface CachedFile {
  readonly name: string;
  readonly size: number;
  /** Epoch milliseconds. */
  readonly usedAt: number;
}

export interface EvictionRules {
  /** The most bytes that all files may have together. */
  readonly most: number;
  readonly now: number;
  /** Names of files that are being copied. */
  readonly pinned: ReadonlySet<string>;
}

/** Milliseconds after which a file is removed that nobody used, or that is incomplete because its pilot is gone. */
const longest = { unused: 7 * 86_400_000, partial: 3_600_000 };

/** Once the cache is too large, this share of its size is kept, so that not every new file costs an eviction. */
const kept = 0.8;

/** A name other than `sha256-` and 64 digits belongs to a download, perhaps an abandoned one. */
const isWhole = (name: string): boolean => /^sha256-[0-9a-f]{64}$/.test(name);

/**
 * The names to remove: files that nobody has used for long, then those used longest ago, until the rest fits. A file in
 * use stays, whatever its size.
 */
export function toEvict(files: readonly CachedFile[], { most, now, pinned }: EvictionRules): string[] {
  const evicted: string[] = [];
  const whole = files.filter(({ name }) => isWhole(name)).toSorted((a, b) => a.usedAt - b.usedAt);
  let bytes = whole.reduce((sum, { size }) => sum + size, 0);
  const target = bytes > most ? most * kept : most;
  for (const { name, size, usedAt } of whole) {
    if (pinned.has(name) || (bytes <= target && now - usedAt <= longest.unused)) continue;
    evicted.push(name);
    bytes -= size;
  }
  const partial = files.filter(({ name, usedAt }) => !isWhole(name) && now - usedAt > longest.partial);
  return [...evicted, ...partial.map(({ name }) => name)];
}

/**
 * Removes from the directory what has to go. Other pilots may do so at the same time, which does no harm: whoever has a
 * file open can still read it to its end.
 * @returns the bytes that are left
 */
export async function evict(directory: string, rules: EvictionRules): Promise<number> {
  const files = await list(directory);
  const gone = new Set(toEvict(files, rules));
  await Promise.all([...gone].map((name) => rm(join(directory, name), { force: true })));
  return files.filter(({ name }) => !gone.has(name)).reduce((sum, { size }) => sum + size, 0);
}

async function list(directory: string): Promise<CachedFile[]> {
  const names = await readdir(directory);
  const found = await Promise.all(
    names.map(async (name) => {
      const seen = await stat(join(directory, name)).catch(() => undefined);
      return seen === undefined ? [] : [{ name, size: seen.size, usedAt: seen.mtimeMs }];
    }),
  );
  return found.flat();
}
