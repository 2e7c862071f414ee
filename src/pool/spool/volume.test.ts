import { createHash } from 'node:crypto';
import { statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { uploadBlob } from '#client/blobs.ts';
import { submitOf } from '#testing/ads.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';

describe('a pool whose volume is almost full', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(async () => {
    await pool.destroy();
  });

  /** The same pool again, for which twice of what is free is to be kept free. */
  const fill = async () => {
    const { bavail, bsize } = await statfs(tmpdir());
    await pool.stop();
    pool = await TestPool.start({
      directory: pool.directory,
      settings: { keepFreeBytes: 2 * bavail * bsize },
    });
  };
  const client = () => pool.client('submitter', 'alice');
  const submit = () => client().json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
  const file = async (text: string) => {
    const path = join(pool.directory, `file-${text.length}`);
    await writeFile(path, text);
    return path;
  };

  it('submits and inputs are refused with a reason that has the numbers', async () => {
    await fill();
    await expect(submit()).rejects.toMatchObject({
      code: 'NoSpace',
      message: expect.stringMatching(/Gi are free/),
    });
    await expect(uploadBlob(client(), await file('input'))).rejects.toMatchObject({
      code: 'NoSpace',
      cure: expect.stringContaining('larger volume'),
    });
  });

  it('listings, downloads, removals and results go on', async () => {
    const { cluster } = await submit();
    const { digest } = await uploadBlob(client(), await file('early'));
    await fill();
    expect((await client().json('/v1/jobs', jobsAnswer)).total).toBe(1);
    const content = await client().raw(`/v1/blobs/${digest}`);
    expect(await content.body.text()).toBe('early');
    const result = 'what a job has printed';
    await uploadBlob(pool.client('pilot', 'p'), await file(result));
    expect(await pool.core.blobs.size(`sha256:${createHash('sha256').update(result).digest('hex')}`)).toBe(
      result.length,
    );
    const json = { action: 'remove', jobs: [String(cluster)], reason: 'test' };
    expect(await client().json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json })).toMatchObject({
      changed: 1,
    });
  });

  it('probes and metrics show that space is low, and the pool stays ready', async () => {
    await fill();
    const ready = await fetch(`${pool.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      status: 'ready',
      state: 'NoSpace',
      message: expect.stringContaining('almost full'),
    });
    const headers = { authorization: `Bearer ${await pool.token('operator', 'operator')}` };
    const metrics = await (await fetch(`${pool.url}/metrics`, { headers })).text();
    expect(metrics).toContain('glidein_pool_volume_state{state="NoSpace"} 1');
    expect(metrics).toMatch(/glidein_pool_volume_free_bytes [1-9]/);
  });
});
