import { afterEach, beforeEach, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { TestPool } from '#testing/test-pool.ts';
import { type JobActionRequest, jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';

let pool: TestPool;
beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(() => pool.destroy());

const alice = () => pool.client('submitter', 'alice');
const submit = async (procs: number, ad = {}, user = 'alice') =>
  (
    await pool
      .client('submitter', user)
      .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs, ad) })
  ).cluster;
const act = (more: Omit<JobActionRequest, 'action' | 'reason'>) => {
  const json: JobActionRequest = { action: 'hold', reason: 'r', ...more };
  return alice().json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
};

it('what is selected in several ways is the union, without the jobs of others and those that are held already', async () => {
  const named = await submit(2);
  const special = await submit(2, { Kind: '"special"' });
  await submit(2, { Kind: '"special"' }, 'bob');
  await act({ jobs: [`${special}.0`] });
  expect(await act({ jobs: [`${named}.0`], constraint: 'Kind == "special"' })).toEqual({
    changed: 2,
    refused: [],
  });
  expect(await act({ owners: ['alice'] })).toEqual({ changed: 1, refused: [] });
  expect(await act({ all: true })).toEqual({ changed: 0, refused: [] });
});

it('a selection that goes on leaves out what comes before', async () => {
  const cluster = await submit(3);
  const later = await submit(1);
  expect((await act({ all: true, after: `${cluster}.1` })).changed).toBe(2);
  const held = await alice().json('/v1/jobs', jobsAnswer, { query: { constraint: 'JobStatus == 5' } });
  expect(held.jobs.map(({ id }) => id)).toEqual([`${cluster}.2`, `${later}.0`]);
});

it('an action that selects nothing is refused, and so is a constraint that does not parse', async () => {
  await expect(act({})).rejects.toMatchObject({ code: 'InvalidArgument' });
  await expect(act({ constraint: '1 +' })).rejects.toMatchObject({ code: 'InvalidExpression' });
});

it('while a constraint is evaluated over many jobs, others are served', async () => {
  await submit(20_000, { Kind: '"many"' });
  let isOver = false;
  const action = act({ constraint: 'Kind == "many" && ProcId >= 0' }).finally(() => {
    isOver = true;
  });
  const bob = pool.client('submitter', 'bob');
  let served = 0;
  for (; !isOver; served += 1) await bob.json('/v1/jobs', jobsAnswer, { query: { limit: 1 } });
  expect((await action).changed).toBe(20_000);
  expect(served).toBeGreaterThan(5);
});
