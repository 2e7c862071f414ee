import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCatalogue } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { submitOf } from '#testing/ads.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { readSubmitTrace } from '#testing/syscall-trace.ts';
import { jobsAnswer, submitAnswer } from '#wire/jobs.ts';

/** Why strace cannot be used here. Undefined: it can. */
async function missingStrace(): Promise<string | undefined> {
  if ((process.env.GLIDEIN_TEST_MISSING ?? '').split(',').includes('strace')) return 'strace is missing';
  const tries = (process.env.PATH ?? '').split(delimiter).map((folder) => access(join(folder, 'strace')));
  return (await Promise.allSettled(tries)).some(({ status }) => status === 'fulfilled')
    ? undefined
    : 'strace is missing';
}

const missing = await missingStrace();

/** `-D`: the pool is the child of the test, and the tracer is a grandchild. */
const strace = (...more: readonly string[]) => ['strace', '-D', '-f', ...more];

const writers = 'write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync';

describe.skipIf(missing !== undefined)(`a submission${missing ? ` (${missing})` : ''}`, () => {
  let directory: string;
  let pool: PoolCommand | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-durability-'));
  });
  afterEach(async () => {
    await pool?.end('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });

  async function clientOf(url: string): Promise<PoolClient> {
    const key = await readFile(join(directory, 'pool.key'));
    return new PoolClient({ url, token: () => mintToken(key, { subject: 'alice', role: 'submitter' }, 600) });
  }

  async function traceOfSubmit(synchronous: string) {
    const file = join(directory, 'trace');
    const under = strace('-yy', '-s', '8192', '-e', `trace=${writers}`, '-o', file);
    const running = await PoolCommand.start({ directory, under, arguments: ['--synchronous', synchronous] });
    pool = running;
    const client = await clientOf(running.url);
    const request = submitOf();
    await client.json('/v1/jobs', submitAnswer, { method: 'POST', json: request });
    await client.close();
    expect(await running.end('SIGTERM')).toEqual({ code: 0, signal: null });
    return readSubmitTrace(await traceWhole(file), request.key);
  }

  /** The tracer outlives the pool by a moment. Its last line tells that it has seen the pool's end. */
  async function traceWhole(file: string): Promise<string> {
    for (let tries = 0; tries < 100; tries += 1) {
      const trace = await readFile(file, 'utf8');
      if (/\+\+\+ exited with \d+ \+\+\+\n$/.test(trace)) return trace;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the trace has no end');
  }

  it('is on the disk before the answer', async () => {
    expect(await traceOfSubmit('FULL')).toEqual({ written: true, answered: true, synced: true });
  });

  it('is missing in the trace if the database is told not to sync, so the check can fail', async () => {
    expect(await traceOfSubmit('OFF')).toEqual({ written: true, answered: true, synced: false });
  });

  it('is kept on a disk that fails: the pool ends, and whatever it acknowledged is there', async () => {
    const inject = 'inject=fdatasync,fsync:error=EIO:when=60+';
    const under = strace('-e', 'trace=fdatasync,fsync', '-e', inject, '-o', '/dev/null');
    const failing = await PoolCommand.start({ directory, under });
    pool = failing;
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
    const healthy = await PoolCommand.start({ directory });
    pool = healthy;
    const again = await clientOf(healthy.url);
    const { jobs } = await again.json('/v1/jobs', jobsAnswer);
    expect(jobs.map(({ ad }) => Number(ad.ClusterId))).toEqual(expect.arrayContaining(acknowledged));
    // The submission whose sync failed may be there or not, because it was not acknowledged.
    expect(jobs.length - acknowledged.length).toBeLessThanOrEqual(1);
    await Promise.all([client.close(), again.close()]);
  });
});
