import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { submitAnswer } from '#wire/jobs.ts';
import { whyAnswer } from '#wire/why.ts';

let pool: TestPool;
let backup: string;

beforeEach(async () => {
  backup = await mkdtemp(join(tmpdir(), 'glidein-backup-'));
  pool = await TestPool.start({ leaseSeconds: 3 });
});
afterEach(async () => {
  await pool.destroy();
  await rm(backup, { recursive: true, force: true });
});

const isDatabase = (name: string) => /^pool\.db(-wal|-shm)?$/.test(name);

async function copyDatabase(from: string, to: string): Promise<void> {
  for (const name of (await readdir(to)).filter(isDatabase)) await rm(join(to, name));
  for (const name of (await readdir(from)).filter(isDatabase)) await cp(join(from, name), join(to, name));
}

const pilot = async (uid: string) =>
  ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid });
const again = async () => {
  await pool.stop();
  pool = await TestPool.start({ directory: pool.directory, leaseSeconds: 3 });
};

it("after a restore, a job that may still run on an unknown pilot starts nowhere else before that pilot's lease expires", async () => {
  const { cluster } = await pool
    .client('submitter', 'alice')
    .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
  await pool.stop();
  await copyDatabase(pool.directory, backup);
  pool = await TestPool.start({ directory: pool.directory, leaseSeconds: 3 });
  const first = await pilot('u1');
  const start = await first.next('start');
  first.started(start);
  await pool.stop();
  await copyDatabase(backup, pool.directory);
  pool = await TestPool.start({ directory: pool.directory, leaseSeconds: 3 });
  const began = performance.now();
  const other = await pilot('u2');
  const { summary } = await pool.client('submitter', 'alice').json(`/v1/jobs/${cluster}.0/why`, whyAnswer);
  expect(summary).toMatch(/restored from a backup/);
  // It is told to drop what it runs: the claim is of another generation.
  const back = await ScriptedPilot.open({ url: pool.url, token: await pool.token('pilot', 'u1'), uid: 'u1' });
  back.sayHello({ claims: [start.claim], draining: true });
  expect((await back.next('welcome')).drop).toEqual([start.claim]);
  const keepAlive = setInterval(() => other.say({ type: 'renew', sequence: 1 }), 500);
  const next = await other.next('start', () => true, 20_000).finally(() => clearInterval(keepAlive));
  expect(performance.now() - began).toBeGreaterThan(2500);
  expect(next.claim.generation).not.toBe(start.claim.generation);
  await other.run(next);
});

it('a pool that merely restarts does not count as restored', async () => {
  const first = await pilot('u1');
  await pool
    .client('submitter', 'alice')
    .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
  const start = await first.next('start');
  await again();
  await again();
  const back = await ScriptedPilot.open({ url: pool.url, token: await pool.token('pilot', 'u1'), uid: 'u1' });
  back.sayHello({ claims: [start.claim] });
  expect((await back.next('welcome')).drop).toEqual([]);
});

it('a directory that was put back counts as restored once its mark is removed', async () => {
  await pool
    .client('submitter', 'alice')
    .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() });
  await pool.stop();
  await rm(join(pool.directory, 'pool.db.mark'));
  pool = await TestPool.start({ directory: pool.directory, leaseSeconds: 3 });
  expect(pool.log.join('')).toContain('an older copy of the database was put back');
});
