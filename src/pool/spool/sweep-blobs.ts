import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobsInUse } from './blobs-in-use.ts';
import { blobPath } from './stored-files.ts';

/** What is swept. */
export interface Sweep {
  /** Epoch milliseconds. */
  readonly before: number;
  readonly keeps: (digest: string) => boolean;
  /** Called for each file that stays. */
  readonly seen?: (digest: string, size: number) => void;
  /** Whether the sweep should end now. */
  readonly isOver: () => boolean;
  /** Count only what would be removed. */
  readonly isTrial?: boolean;
}

/** What a sweep removed, and what it left. */
export interface Swept {
  readonly removed: number;
  readonly removedBytes: number;
  readonly files: number;
  readonly bytes: number;
}

/** Removes files that are older than `before` and that `keeps` does not name, and counts the rest. */
export async function sweepBlobs(directory: string, inUse: BlobsInUse, sweep: Sweep): Promise<Swept> {
  const swept = { removed: 0, removedBytes: 0, files: 0, bytes: 0 };
  const root = join(directory, 'blobs');
  for (const prefix of await readdir(root)) {
    for (const hex of await readdir(join(root, prefix))) {
      if (sweep.isOver()) return swept;
      const { size, isRemoved } = await sweepOne(directory, inUse, `sha256:${hex}`, sweep);
      if (isRemoved) {
        swept.removed += 1;
        swept.removedBytes += size;
      } else {
        sweep.seen?.(`sha256:${hex}`, size);
        swept.files += 1;
        swept.bytes += size;
      }
    }
  }
  return swept;
}

async function sweepOne(
  directory: string,
  inUse: BlobsInUse,
  digest: string,
  { before, keeps, isTrial }: Sweep,
): Promise<{ readonly size: number; readonly isRemoved: boolean }> {
  const path = blobPath(directory, digest);
  const { size, mtimeMs } = await stat(path);
  const stays = mtimeMs >= before || keeps(digest) || inUse.has(digest);
  if (stays || isTrial === true) return { size, isRemoved: !stays };
  return { size, isRemoved: await inUse.change(digest, removeIfOld(path, before)) };
}

async function removeIfOld(path: string, before: number): Promise<boolean> {
  // An upload or a request may have renewed it in the meantime.
  if ((await stat(path)).mtimeMs >= before) return false;
  await rm(path, { force: true });
  return true;
}
