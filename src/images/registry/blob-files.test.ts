import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { BlobFiles } from './blob-files.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-blobs-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('blobs are evicted while others get their names', async () => {
  const files = new BlobFiles({ directory, clock: systemClock });
  const path = join(directory, 'blob');
  let isDone = false;
  const renaming = (async () => {
    while (!isDone) {
      await writeFile(`${path}.partial`, 'x');
      await rename(`${path}.partial`, path);
      await rm(path);
    }
  })();
  try {
    for (let times = 0; times < 300; times += 1) await files.evict(2 ** 20);
  } finally {
    isDone = true;
    await renaming;
  }
  await expect(files.evict(0)).resolves.toBeUndefined();
});
