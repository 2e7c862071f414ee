import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { BlobFiles } from './blob-files.ts';
import { parseReference } from './reference.ts';

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

it('a blob is given up before it takes what is to stay free on the disk', async () => {
  const content = Buffer.alloc(8 * 2 ** 20);
  const blob = {
    mediaType: 'x',
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    size: content.length,
  };
  const client = {
    blob: async () => ({ from: 0, content: Readable.from([content]) as IncomingMessage }),
  };
  const fetch = (reserve: number) =>
    new BlobFiles({ directory, clock: systemClock, reserve }).fetch(
      client,
      parseReference('a/b'),
      blob,
      new AbortController().signal,
    );
  await expect(fetch(2 ** 60)).rejects.toMatchObject({ code: 'NoSpace' });
  await expect(fetch(2 ** 20)).resolves.toContain(directory);
});
