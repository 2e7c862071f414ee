import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import { type Job, jobName } from '../jobs/job.ts';
import { endedJobs, jobsOfCluster } from './history.ts';

describe('ended jobs', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(async () => {
    await pool.destroy();
  });

  const post = <T>(
    path: string,
    shape: Parameters<ReturnType<TestPool['client']>['json']>[1],
    json: unknown,
  ) => pool.client('submitter', 'alice').json(path, shape, { method: 'POST', json }) as Promise<T>;
  const removed = async (procs: number) => {
    const { cluster } = await post<{ cluster: number }>('/v1/jobs', submitAnswer, submitOf(procs));
    await post('/v1/jobs/actions', jobActionAnswer, {
      action: 'remove',
      jobs: [`${cluster}`],
      reason: 'done',
    });
    return cluster;
  };

  const allEnded = async () => {
    const jobs: Job[] = [];
    for await (const job of endedJobs(pool.core, undefined)) jobs.push(job);
    return jobs;
  };

  const jobsIn = async (cluster: number) => {
    const jobs: Job[] = [];
    for await (const job of jobsOfCluster(pool.core, cluster)) jobs.push(job);
    return jobs;
  };

  it('an ended job is listed once, even if a fold moves it during the listing', async () => {
    const cluster = await removed(3);
    const [listed, all] = await Promise.all([allEnded(), jobsIn(cluster), pool.core.ledger.close()]);
    await nextTurn();
    expect(listed.map(jobName)).toHaveLength(3);
    expect(new Set(all.map(jobName)).size).toBe(all.length);
    expect(pool.core.queue.jobsOf(cluster)).toEqual([]);
    expect((await allEnded()).map(jobName)).toEqual(listed.map(jobName));
  });

  it('an ended job is on exactly one page of the history, in memory or in the store', async () => {
    const stored = await removed(4);
    await expect.poll(() => pool.core.queue.jobsOf(stored), { timeout: 20_000 }).toEqual([]);
    const recent = await removed(3);
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const query = { limit: 2, after };
      const { jobs, next } = await pool.client('submitter').json('/v1/history', jobsAnswer, { query });
      seen.push(...jobs.map(({ id }) => id));
      if (next === undefined) break;
      after = next;
    }
    const names = (cluster: number, procs: number) =>
      Array.from({ length: procs }, (_, proc) => `${cluster}.${procs - 1 - proc}`);
    expect(seen).toEqual([...names(recent, 3), ...names(stored, 4)]);
  });

  it('ended jobs are found by constraint, in memory and in the store', async () => {
    const cluster = await removed(2);
    const { jobs } = await pool
      .client('submitter')
      .json('/v1/history', jobsAnswer, { query: { constraint: `ClusterId == ${cluster} && ProcId == 1` } });
    expect(jobs.map(({ id }) => id)).toEqual([`${cluster}.1`]);
  });

  it("a cluster's ended jobs are listed by proc, page by page", async () => {
    const cluster = await removed(3);
    await expect.poll(() => pool.core.queue.jobsOf(cluster), { timeout: 20_000 }).toEqual([]);
    const client = pool.client('submitter');
    const path = `/v1/jobs/${cluster}`;
    const first = await client.json(path, jobsAnswer, { query: { limit: 2 } });
    expect(first.jobs.map(({ id }) => id)).toEqual([`${cluster}.0`, `${cluster}.1`]);
    const rest = await client.json(path, jobsAnswer, { query: { limit: 2, after: first.next } });
    expect(rest.jobs.map(({ id }) => id)).toEqual([`${cluster}.2`]);
    await expect(client.json('/v1/jobs/999', jobsAnswer)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('actions on ended jobs are refused', async () => {
    const cluster = await removed(1);
    expect(
      await post('/v1/jobs/actions', jobActionAnswer, {
        action: 'release',
        jobs: [`${cluster}.0`, '999'],
        reason: 'r',
      }),
    ).toMatchObject({ changed: 0, refused: [{ job: `${cluster}.0` }, { job: '999' }] });
  });
});
