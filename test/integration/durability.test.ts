import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCatalogue } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { AcknowledgedLife } from '#testing/acknowledged-life.ts';
import { submitOf } from '#testing/ads.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import type { Durability } from '#testing/syscall-trace.ts';
import { missingStrace, strace, TracedPool } from '#testing/traced-pool.ts';
import { jobsAnswer, submitAnswer } from '#wire/jobs.ts';

const missing = await missingStrace();

/** The names of those acknowledgements that a trace shows like this. */
const namesOf = (all: Readonly<Record<string, Durability>>, is: (shown: Durability) => boolean) =>
  Object.keys(all).filter((name) => is(all[name] as Durability));

describe.skipIf(missing !== undefined)(`an acknowledgement${missing ? ` (${missing})` : ''}`, () => {
  let directory: string;
  const pools: { kill: () => Promise<unknown> }[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-durability-'));
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.kill()));
    await rm(directory, { recursive: true, force: true });
  });

  async function lifeWith(synchronous: 'FULL' | 'OFF'): Promise<Readonly<Record<string, Durability>>> {
    const pool = await TracedPool.start(directory, synchronous);
    pools.push(pool);
    const life = new AcknowledgedLife(pool);
    await life.live();
    return life.durability(await pool.end());
  }

  it('of any kind leaves the pool after its record is on the disk', async () => {
    const all = await lifeWith('FULL');
    expect(namesOf(all, ({ written, said, synced }) => !written || !said || !synced)).toEqual([]);
    expect(Object.keys(all).length).toBeGreaterThanOrEqual(16);
  });

  it('comes too early if the database is told not to sync, so the check can fail', async () => {
    const all = await lifeWith('OFF');
    expect(namesOf(all, ({ written, said }) => !written || !said)).toEqual([]);
    // The spool does not depend on the database.
    expect(namesOf(all, ({ synced }) => synced)).toEqual(['the answer to an upload']);
  });

  it('is kept on a disk that fails: the pool ends, and whatever it acknowledged is there', async () => {
    const clientOf = async (url: string) => {
      const key = await readFile(join(directory, 'pool.key'));
      return new PoolClient({
        url,
        token: () => mintToken(key, { subject: 'alice', role: 'submitter' }, 600),
      });
    };
    const start = async (under: readonly string[] = []) => {
      const pool = await PoolCommand.start({ directory, under });
      pools.push({ kill: () => pool.end('SIGKILL') });
      return pool;
    };
    const inject = 'inject=fdatasync,fsync:error=EIO:when=60+';
    const failing = await start(strace('-e', 'trace=fdatasync,fsync', '-e', inject, '-o', '/dev/null'));
    const client = await clientOf(failing.url);
    const acknowledged: number[] = [];
    try {
      for (;;) {
        const { cluster } = await client.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
        acknowledged.push(cluster);
      }
    } catch {
      // The pool is gone.
    }
    expect(await failing.exit).toEqual({ code: errorCatalogue.StoreFailed.exit, signal: null });
    expect(acknowledged.length).toBeGreaterThan(10);
    const healthy = await start();
    const again = await clientOf(healthy.url);
    const { jobs } = await again.json('/v1/jobs', jobsAnswer);
    expect(jobs.map(({ ad }) => Number(ad.ClusterId))).toEqual(expect.arrayContaining(acknowledged));
    // The submission whose sync failed may be there or not, because it was not acknowledged.
    expect(jobs.length - acknowledged.length).toBeLessThanOrEqual(1);
    await Promise.all([client.close(), again.close()]);
  });
});
