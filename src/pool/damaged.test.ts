import { cp, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { TestPool } from '#testing/test-pool.ts';
import { submitAnswer } from '#wire/jobs.ts';

let whole: string;
let directory: string;
let file: string;

/** A pool that ended in order, with enough jobs that its database has several hundred pages. */
beforeAll(async () => {
  const pool = await TestPool.start();
  const json = submitOf(2000, { Long: `"${'x'.repeat(500)}"` });
  await pool.client('submitter', 'alice').json('/v1/jobs', submitAnswer, { method: 'POST', json });
  await pool.stop();
  whole = pool.directory;
});
afterAll(() => rm(whole, { recursive: true, force: true }));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-damaged-'));
  await cp(whole, directory, { recursive: true });
  file = join(directory, 'pool.db');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Starts a pool on the damaged file, and looks at the file before and after. */
async function refusal(): Promise<string> {
  const before = await readFile(file).catch(() => undefined);
  const error = await TestPool.start({ directory }).then(
    async (pool) => {
      await pool.stop();
      throw new Error('the pool started');
    },
    (error: { code?: string; describe(): string }) => error,
  );
  expect(error.code).toBe('StoreFailed');
  expect(await readFile(file).catch(() => undefined)).toEqual(before);
  return error.describe();
}
const overwrite = async (at: number, length: number) => {
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(length, 0xa5), 0, length, at);
  await handle.close();
};
const damaged = /pool\.db is damaged: .*; put back a backup with `glidein pool restore`/;

it('a truncated database is refused with its name and the cure', async () => {
  await truncate(file, Math.floor((await stat(file)).size / 2));
  expect(await refusal()).toMatch(damaged);
});

it('a database whose first page was overwritten is refused', async () => {
  await overwrite(0, 4096);
  expect(await refusal()).toMatch(damaged);
});

it('a database with overwritten pages in its middle is refused', async () => {
  const { size } = await stat(file);
  await overwrite(size / 4, size / 2);
  expect(await refusal()).toMatch(damaged);
});

it('a file that is no database is refused', async () => {
  await writeFile(file, 'Dear diary, '.repeat(1000));
  expect(await refusal()).toMatch(damaged);
});

it.each(['emptied', 'removed'])('a database that was %s does not become a new one', async (how) => {
  await (how === 'removed' ? rm(file) : truncate(file));
  expect(await refusal()).toMatch(
    /pool\.db is (empty|missing), although .*pool\.db\.mark shows that it had a queue; put back a backup/,
  );
});
