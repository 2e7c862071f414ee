import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { PoolClient } from '#client/pool-client.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import { BlobCache } from './blob-cache.ts';
import { stageInputs } from './stage-inputs.ts';
import { persistently, uploadFiles } from './upload.ts';

let root: string;
let pool: PoolPeer;
let client: PoolClient;
let cache: BlobCache;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-blobs-'));
  await mkdir(join(root, 'blobs'));
  await mkdir(join(root, 'job'));
  pool = await PoolPeer.listen();
  client = new PoolClient({ url: pool.url, token: () => 't' });
  cache = new BlobCache(root, client);
});
afterEach(async () => {
  await client.close();
  await pool.close();
  await rm(root, { recursive: true });
});

const signal = new AbortController().signal;
const uploader = () => ({ client, clock: systemClock, random: () => 0 });

describe('transfer of files', () => {
  it('downloads a content once for all who want it, now and later', async () => {
    const file = pool.file('a', 'content');
    const paths = await Promise.all([1, 2, 3].map(() => cache.fetch(file.digest, file.size)));
    expect(new Set(paths).size).toBe(1);
    await cache.fetch(file.digest, file.size);
    expect(pool.downloads.get(file.digest)).toBe(1);
    expect(await readdir(join(root, 'blobs'))).toHaveLength(1);
  });

  it('keeps nothing of a content that is not what it should be, and tries anew', async () => {
    const file = pool.file('a', 'content');
    pool.blobs.set(file.digest, Buffer.from('damaged'));
    await expect(cache.fetch(file.digest, file.size)).rejects.toMatchObject({ code: 'InvalidMessage' });
    expect(await readdir(join(root, 'blobs'))).toEqual([]);
    pool.blobs.set(file.digest, Buffer.from('content'));
    expect(await readFile(await cache.fetch(file.digest, file.size), 'utf8')).toBe('content');
  });

  it('stages copies with their mode and folders', async () => {
    const files = [pool.file('run', '#!/bin/sh', true), pool.file('d/e/x', 'deep')];
    const job = join(root, 'job');
    const stamps = await stageInputs(files, job, signal, (file) => cache.fetch(file.digest, file.size));
    expect([...stamps.keys()].sort()).toEqual(['d/e/x', 'run']);
    expect(await readFile(join(job, 'd/e/x'), 'utf8')).toBe('deep');
    await rm(job, { recursive: true });
    expect(await readFile(await cache.fetch(files[1]!.digest, 4), 'utf8')).toBe('deep');
  });

  it('retries while the pool is away, and gives up when told or when it is final', async () => {
    const file = pool.file('a', 'content');
    pool.filesAway = true;
    setTimeout(() => {
      pool.filesAway = false;
    }, 250);
    const path = await persistently(uploader(), signal, () => cache.fetch(file.digest, file.size));
    const uploaded = await uploadFiles(uploader(), [{ name: 'b', path, executable: false }], signal);
    expect(uploaded).toEqual([{ name: 'b', digest: file.digest, size: 7, executable: false }]);
    pool.filesAway = true;
    const soon = AbortSignal.timeout(50);
    await expect(
      persistently(uploader(), soon, () => cache.fetch(`sha256:${'1'.repeat(64)}`, 1)),
    ).rejects.toMatchObject({ code: 'Unavailable' });
    pool.filesAway = false;
    await expect(
      persistently(uploader(), signal, () => cache.fetch(`sha256:${'1'.repeat(64)}`, 1)),
    ).rejects.toMatchObject({ code: 'NotFound' });
  });
});
