import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { writeOldDatabase } from '#testing/databases/write-old-database.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer } from '#wire/jobs.ts';

let pool: TestPool;

afterEach(async () => {
  await pool.destroy();
});

const list = async (path: string) =>
  (await pool.client('submitter', 'alice').json(path, jobsAnswer)).jobs.map(
    ({ id, ad }) => `${id} ${ad['JobStatus']}`,
  );

it('the jobs, the journal and the history of a database of version 1 are all there', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'glidein-pool-'));
  await writeOldDatabase(join(directory, 'pool.db'), 1);
  pool = await TestPool.start({ directory });
  // Without its mark it counts as a copy that was put back, so 2.0 may still run and waits.
  expect(await list('/v1/jobs')).toEqual(['1.2 5', '2.0 1']);
  const history = async () => (await list('/v1/history')).sort();
  await expect.poll(history).toEqual(['1.0 4', '1.1 3', '2.1 3']);
  await pool.client('submitter', 'alice').json('/v1/jobs/actions', jobActionAnswer, {
    method: 'POST',
    json: { action: 'remove', jobs: ['1', '2'], reason: 'test' },
  });
  await expect.poll(history).toEqual(['1.0 4', '1.1 3', '1.2 3', '2.0 3', '2.1 3']);
  expect(pool.log.join('')).not.toContain('set aside');
});
