import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCatalogue } from '#base/error.ts';
import { uploadBlob } from '#client/blobs.ts';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { AcknowledgedLife } from '#testing/acknowledged-life.ts';
import { submitOf } from '#testing/ads.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { SmallVolume } from '#testing/small-volume.ts';
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
    const pool = await TracedPool.start({ directory, trace: join(directory, 'trace'), synchronous });
    pools.push(pool);
    const life = new AcknowledgedLife(pool);
    await life.live();
    return life.durability(await pool.end());
  }

  it('of any kind leaves the pool after its record is on the disk', async () => {
    const all = await lifeWith('FULL');
    expect(namesOf(all, ({ written, said, synced }) => !written || !said || !synced)).toEqual([]);
    expect(Object.keys(all).length).toBeGreaterThanOrEqual(18);
  });

  it('comes too early if the database is told not to sync, so the check can fail', async () => {
    const all = await lifeWith('OFF');
    expect(namesOf(all, ({ written, said }) => !written || !said)).toEqual([]);
    // The spool does not depend on the database.
    expect(namesOf(all, ({ synced }) => synced)).toEqual(['the answer to an upload', 'a file that is found']);
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

const isRoot = process.getuid?.() === 0;

describe.skipIf(missing !== undefined || !isRoot)(
  `what a killed pool left (mounting a volume needs root${missing ? `, and ${missing}` : ''})`,
  () => {
    it('is synced before the next one says anything, also on a full disk', async () => {
      const scratch = await mkdtemp(join(tmpdir(), 'glidein-durability-'));
      const volume = await SmallVolume.mount(24);
      const directory = volume.path;
      let kill: () => Promise<unknown> = async () => undefined;
      try {
        const first = await PoolCommand.start({ directory });
        kill = () => first.end('SIGKILL');
        const key = await readFile(join(directory, 'pool.key'));
        const client = new PoolClient({
          url: first.url,
          token: () => mintToken(key, { subject: 'alice', role: 'submitter' }, 600),
        });
        await client.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
        const input = join(scratch, 'input');
        await writeFile(input, 'an input');
        const { digest } = await uploadBlob(client, input);
        await client.close();
        await kill();
        // Without its reserve it cannot even count its start, which would sync the log.
        await rm(join(directory, 'pool.db.reserve'), { force: true });
        await volume.fill();
        const next = await TracedPool.start({ directory, trace: join(scratch, 'trace'), port: first.port });
        kill = () => next.kill();
        const reader = next.client('submitter', 'alice');
        expect((await reader.json('/v1/jobs', jobsAnswer)).total).toBe(1);
        const trace = await next.end();
        const prefix = digest.slice('sha256:'.length, 'sha256:'.length + 2);
        for (const path of ['/pool.db-wal', '/blobs', `/blobs/${prefix}`])
          expect([path, trace.isSyncedBefore(path, ['"total":1'])]).toEqual([path, true]);
      } finally {
        await kill();
        await volume.unmount();
        await rm(scratch, { recursive: true, force: true });
      }
    });
  },
);
