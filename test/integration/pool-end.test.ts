import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isCode } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { loadOrCreateKey, mintToken } from '#pool/auth/tokens.ts';
import { submitOf } from '#testing/ads.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { eventsAnswer } from '#wire/events.ts';
import { jobsAnswer, submitAnswer } from '#wire/jobs.ts';

it('a pool that is asked to end under load answers what it has accepted, tells its pilots, and keeps it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'glidein-end-'));
  try {
    const key = await loadOrCreateKey(join(directory, 'pool.key'));
    const token = (role: 'submitter' | 'pilot') => mintToken(key, { subject: role, role }, 3600);
    const pool = await PoolCommand.start({ directory });
    const { url, port } = pool;
    const client = new PoolClient({ url, token: () => token('submitter') });
    const accepted: number[] = [];
    const failures: unknown[] = [];
    let isUp = true;
    const submitter = async () => {
      while (isUp) {
        try {
          const { cluster } = await client.json('/v1/jobs', submitAnswer, {
            method: 'POST',
            json: submitOf(),
          });
          accepted.push(cluster);
        } catch (error) {
          failures.push(error);
          isUp = false;
        }
      }
    };
    const slot = { Start: 'false' };
    const pilot = await ScriptedPilot.start({ url, token: await token('pilot'), uid: 'pilot', slot });
    // Of a cluster that is not there yet: it waits.
    const poll = client.json('/v1/events', eventsAnswer, { query: { wait: 30, cluster: '999999' } });
    const load = Array.from({ length: 15 }, submitter);
    await expect.poll(() => accepted.length).toBeGreaterThan(200);
    const end = await pool.end('SIGTERM');
    expect(end).toEqual({ code: 0, signal: null });
    expect((await poll).events).toEqual([]);
    expect(await pilot.end()).toEqual({ code: 1001, reason: 'the pool ends' });
    await Promise.all(load);
    expect(failures.filter((error) => !isCode(error, 'Unavailable'))).toEqual([]);
    await client.close();

    const next = await PoolCommand.start({ directory, port });
    const reader = new PoolClient({ url: next.url, token: () => token('submitter') });
    const { jobs } = await reader.json('/v1/jobs', jobsAnswer, { query: { limit: 100_000 } });
    expect(jobs.map(({ id }) => Number(id.split('.')[0])).sort((a, b) => a - b)).toEqual(
      accepted.sort((a, b) => a - b),
    );
    await reader.close();
    await next.end('SIGTERM');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
