import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { PoolClient } from '#client/pool-client.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import { stageInputs } from '../payload/start/stage-inputs.ts';
import { BlobCache } from './blob-cache.ts';
import { retryWhilePoolIsAway, uploadFiles } from './upload.ts';

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
  cache = new BlobCache({ directory: root, client, most: 2 ** 30, clock: systemClock });
});
afterEach(async () => {
  await client.close();
  await pool.close();
  await rm(root, { recursive: true });
});

const signal = new AbortController().signal;
const fetch = (digest: string, size: number) => cache.use(digest, size, (path) => Promise.resolve(path));
const uploader = () => ({ client, clock: systemClock, random: () => 0 });

describe('the cache of input files', () => {
  it('downloads a file once for all payloads that want it, now and later', async () => {
    const file = pool.file('a', 'content');
    const paths = await Promise.all([1, 2, 3].map(() => fetch(file.digest, file.size)));
    expect(new Set(paths).size).toBe(1);
    await fetch(file.digest, file.size);
    expect(pool.downloads.get(file.digest)).toBe(1);
    expect(await readdir(join(root, 'blobs'))).toHaveLength(1);
  });

  it('keeps nothing of a file with the wrong content, and downloads it again', async () => {
    const file = pool.file('a', 'content');
    pool.blobs.set(file.digest, Buffer.from('damaged'));
    await expect(fetch(file.digest, file.size)).rejects.toMatchObject({ code: 'InvalidMessage' });
    expect(await readdir(join(root, 'blobs'))).toEqual([]);
    pool.blobs.set(file.digest, Buffer.from('content'));
    expect(await readFile(await fetch(file.digest, file.size), 'utf8')).toBe('content');
  });

  it('copies a file at the next try that was evicted before the copy, and that another pilot has brought back since', async () => {
    const file = pool.file('a', 'content');
    let tries = 0;
    const read = await cache.use(file.digest, file.size, async (path) => {
      tries += 1;
      if (tries > 1) return readFile(path, 'utf8');
      await rm(path);
      const gone = await readFile(path, 'utf8').catch((error: unknown) => error);
      await fetch(file.digest, file.size);
      throw gone;
    });
    expect({ read, tries }).toEqual({ read: 'content', tries: 2 });
  });

  it('provides inputs that are staged as copies, with their mode and folders', async () => {
    const files = [pool.file('run', '#!/bin/sh', true), pool.file('d/e/x', 'deep')];
    const job = join(root, 'job');
    const stamps = await stageInputs(files, job, signal, (file, copy) =>
      cache.use(file.digest, file.size, copy),
    );
    expect([...stamps.keys()].sort()).toEqual(['d/e/x', 'run']);
    expect(await readFile(join(job, 'd/e/x'), 'utf8')).toBe('deep');
    await rm(job, { recursive: true });
    expect(await readFile(await fetch(files[1]!.digest, 4), 'utf8')).toBe('deep');
  });

  it('is retried while the pool is away, until it is told to stop or the error is final', async () => {
    const file = pool.file('a', 'content');
    pool.filesAway = true;
    setTimeout(() => {
      pool.filesAway = false;
    }, 250);
    const path = await retryWhilePoolIsAway(uploader(), signal, () => fetch(file.digest, file.size));
    const uploaded = await uploadFiles(uploader(), [{ name: 'b', path, executable: false }], signal);
    expect(uploaded).toEqual([{ name: 'b', digest: file.digest, size: 7, executable: false }]);
    pool.filesAway = true;
    const soon = AbortSignal.timeout(50);
    await expect(
      retryWhilePoolIsAway(uploader(), soon, () => fetch(`sha256:${'1'.repeat(64)}`, 1)),
    ).rejects.toMatchObject({ code: 'Unavailable' });
    pool.filesAway = false;
    await expect(
      retryWhilePoolIsAway(uploader(), signal, () => fetch(`sha256:${'1'.repeat(64)}`, 1)),
    ).rejects.toMatchObject({ code: 'NotFound' });
  });

  const whole = async () => (await readdir(join(root, 'blobs'))).length;

  it('keeps no more than its share of the disk, and the files that were used last', async () => {
    cache = new BlobCache({ directory: root, client, most: 1000, clock: systemClock });
    const files = Array.from({ length: 30 }, (_, index) =>
      pool.file(`f${index}`, `${index}`.padEnd(100, 'x')),
    );
    for (const { digest, size } of files) {
      await fetch(digest, size);
      expect(await whole()).toBeLessThanOrEqual(11);
    }
    const [newest] = files.slice(-1);
    await fetch(newest!.digest, newest!.size);
    expect(pool.downloads.get(newest!.digest)).toBe(1);
  });

  it('does not evict a file that is being copied, however large it is', async () => {
    cache = new BlobCache({ directory: root, client, most: 100, clock: systemClock });
    const [large, other] = [pool.file('large', 'x'.repeat(5000)), pool.file('other', 'y'.repeat(200))];
    await cache.use(large.digest, large.size, async (path) => {
      await fetch(other.digest, other.size);
      expect((await readFile(path)).length).toBe(5000);
    });
    await expect.poll(whole).toBe(0);
  });

  it('downloads a file again that another pilot evicted before it could be copied', async () => {
    const file = pool.file('a', 'content');
    let copies = 0;
    const read = (path: string) => {
      copies += 1;
      return copies === 1 ? rm(path).then(() => readFile(path, 'utf8')) : readFile(path, 'utf8');
    };
    expect(await cache.use(file.digest, file.size, read)).toBe('content');
    expect(pool.downloads.get(file.digest)).toBe(2);
  });
});
