import { mkdtemp, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { uploadBlob } from '#client/blobs.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { TestPool } from '#testing/test-pool.ts';
import { checkRoom, type Sized } from './check-room.ts';

let pool: TestPool;
let directory: string;
beforeEach(async () => {
  pool = await TestPool.start();
  directory = await mkdtemp(join(tmpdir(), 'glidein-room-'));
});
afterEach(async () => {
  await pool.destroy();
  await rm(directory, { recursive: true, force: true });
});

/** Restarts the pool so that it keeps free all the space that is free now. */
async function fill(): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir());
  await pool.stop();
  pool = await TestPool.start({ directory: pool.directory, settings: { keepFreeBytes: 2 * bavail * bsize } });
}

const check = (files: readonly Sized[]) =>
  checkRoom(pool.client('submitter', 'ada'), files, new AbortController().signal);

/** A sparse file, which takes no space here. */
async function sparse(name: string, size: number): Promise<Sized> {
  const path = join(directory, name);
  await writeFile(path, name);
  await truncate(path, size);
  return { path, size };
}

const mega = 2 ** 20;

it('inputs for which the pool has no room are refused with their sizes before any is uploaded', async () => {
  const files = [await sparse('a', 40 * mega), await sparse('b', 50 * mega)];
  await check(files);
  await fill();
  await expect(check(files)).rejects.toThrow(
    expect.objectContaining({
      code: 'NoSpace',
      message: expect.stringMatching(
        /^these jobs bring 2 inputs with 90Mi, the largest of them .*\/b with 50Mi: the volume of the pool has too little space: .* this needs 90Mi$/,
      ),
      cure: expect.stringMatching(/https:\/\/ URLs.*; nothing was submitted$/),
    }),
  );
});

it('an input that is larger than any pool accepts is refused by name', async () => {
  await expect(check([{ path: '/data/all.tar', size: 11 * 2 ** 30 }])).rejects.toThrow(
    expect.objectContaining({
      code: 'TooLarge',
      message: 'the input /data/all.tar has 11Gi; a file may have at most 10Gi',
    }),
  );
});

it('inputs that the pool already has need no room', async () => {
  const known = await sparse('a', 70 * mega);
  await uploadBlob(pool.client('submitter', 'ada'), known.path);
  await fill();
  const { path, size } = await sparse('a2', 70 * mega);
  await expect(check([known, { path, size }])).rejects.toThrow(/^these jobs bring one input with 70Mi/);
});

it('an older pool, which cannot answer how much room it has, is not asked for each file', async () => {
  const old = { raw: async () => Promise.reject(new GlideinError('NotFound', 'there is no GET /v1/room')) };
  await checkRoom(old as unknown as PoolClient, [await sparse('a', 70 * mega)], new AbortController().signal);
});
