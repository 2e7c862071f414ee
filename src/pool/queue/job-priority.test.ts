import { afterEach, beforeEach, expect, it } from 'vitest';
import { jobTexts, submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { type JobActionRequest, jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';

let pool: TestPool;
const pilots: ScriptedPilot[] = [];

beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(async () => {
  for (const pilot of pilots.splice(0)) pilot.cut();
  await pool.destroy();
});

const submit = async (procs: unknown = submitOf().procs, ad = {}, who = 'alice'): Promise<string> => {
  const json = { ...submitOf(1, ad), procs };
  const answer = await pool.client('submitter', who).json('/v1/jobs', submitAnswer, { method: 'POST', json });
  return String(answer.cluster);
};
const prioritize = (more: Partial<JobActionRequest>, who = 'alice') =>
  pool.client('submitter', who).json('/v1/jobs/actions', jobActionAnswer, {
    method: 'POST',
    json: { action: 'prioritize', reason: 'please', ...more } satisfies JobActionRequest,
  });
const priorities = async (path = 'jobs') =>
  (await pool.client('submitter', 'alice').json(`/v1/${path}`, jobsAnswer)).jobs.map(
    ({ id, ad }) => `${id}: ${ad.JobPrio ?? 'none'}`,
  );

/** A pilot with one core, so that it runs one job at a time. */
async function onePilot(): Promise<ScriptedPilot> {
  const uid = 'p';
  const pilot = { uid, name: uid, group: 'test', registered: false };
  await pool.client('operator', 'here').raw('/v1/bidders/here/pilots', {
    method: 'POST',
    json: { session: 's', complete: true, pilots: [pilot] },
  });
  const token = await pool.token('pilot', uid);
  const started = await ScriptedPilot.start({ url: pool.url, uid, token, slot: { Cpus: '1' } });
  pilots.push(started);
  return started;
}

it('another priority for a cluster is one record, however many procs it has', async () => {
  const cluster = await submit({ count: 1e9, attributes: {}, inputs: [] });
  const before = pool.core.store.lastSeq;
  expect(await prioritize({ jobs: [cluster], priority: 5 })).toEqual({ changed: 1e9, refused: [] });
  expect(await prioritize({ all: true, priorityBy: 2 })).toEqual({ changed: 1e9, refused: [] });
  expect(pool.core.store.lastSeq - before).toBe(2);
  await prioritize({ jobs: [`${cluster}.7`], priorityBy: -10 });
  expect(pool.core.queue.find({ cluster: Number(cluster), proc: 8 })?.priority).toBe(7);
  expect(pool.core.queue.find({ cluster: Number(cluster), proc: 7 })?.priority).toBe(-3);
});

it('procs with priorities of their own are raised one by one', async () => {
  const proc = (priority: string) => ({ attributes: { JobPrio: priority }, inputs: [] });
  const cluster = await submit([proc('1'), proc('2'), proc('3')]);
  expect(await prioritize({ jobs: [cluster], priorityBy: 10 })).toEqual({ changed: 3, refused: [] });
  expect(await priorities()).toEqual([`${cluster}.0: 11`, `${cluster}.1: 12`, `${cluster}.2: 13`]);
  const byNumber = await submit({ count: 3, attributes: {}, inputs: [] }, { JobPrio: 'ProcId * 2' });
  await prioritize({ jobs: [byNumber], priorityBy: 1 });
  expect((await priorities()).slice(3)).toEqual([`${byNumber}.0: 1`, `${byNumber}.1: 3`, `${byNumber}.2: 5`]);
});

it('the next job that starts is the one whose priority was raised last, also after a restart', async () => {
  const clusters = [await submit(), await submit(), await submit()];
  await prioritize({ jobs: [clusters[2] ?? ''], priority: 1 });
  await prioritize({ constraint: `ClusterId == ${clusters[1]}`, priority: 2 });
  await pool.stop();
  pool = await TestPool.start({ directory: pool.directory });
  expect(await priorities()).toEqual([
    `${clusters[0]}.0: none`,
    `${clusters[1]}.0: 2`,
    `${clusters[2]}.0: 1`,
  ]);
  const pilot = await onePilot();
  await pilot.run(await pilot.next('start', ({ job }) => job === `${clusters[1]}.0`));
  const second = await pilot.next('start', ({ job }) => job === `${clusters[2]}.0`);
  const late = await submit();
  await prioritize({ jobs: [late], priority: 9 });
  await pilot.run(second);
  await pilot.run(await pilot.next('start', ({ job }) => job === `${late}.0`));
  const last = await pilot.next('start', ({ job }) => job === `${clusters[0]}.0`);
  expect(await prioritize({ jobs: [clusters[0] ?? ''], priority: 3 })).toEqual({ changed: 1, refused: [] });
  await pilot.run(last);
  await pool.core.ledger.foldNow();
  expect((await priorities('history'))[0]).toBe(`${clusters[0]}.0: 3`);
});

it('a priority that is missing, too large or for the jobs of others is refused, and nothing changes', async () => {
  const cluster = await submit();
  await prioritize({ jobs: [cluster], priority: 2 ** 31 - 1 });
  expect((await prioritize({ jobs: [cluster], priorityBy: 1 })).refused).toEqual([
    { job: cluster, code: 'InvalidArgument', reason: expect.stringContaining('2147483648') },
  ]);
  expect((await prioritize({ jobs: [cluster], priority: 1 }, 'bob')).refused).toMatchObject([
    { job: `${cluster}.0`, code: 'Forbidden' },
  ]);
  await expect(prioritize({ jobs: [cluster] })).rejects.toThrow('which priority');
  await expect(prioritize({ jobs: [cluster], priority: 1, priorityBy: 1 })).rejects.toThrow('which priority');
  expect(await priorities()).toEqual([`${cluster}.0: 2147483647`]);
});

it('a job whose requirements read its priority is matched once that has been raised', async () => {
  const pilot = await onePilot();
  const ad = jobTexts({ Requirements: 'TARGET.Cpus >= MY.RequestCpus && JobPrio > 3' });
  const cluster = await submit(submitOf().procs, ad);
  await prioritize({ jobs: [cluster], priorityBy: 4 });
  await pilot.next('start', ({ job }) => job === `${cluster}.0`);
});
