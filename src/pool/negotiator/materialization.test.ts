import { afterEach, beforeEach, expect, test } from 'vitest';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { demandAnswer } from '#wire/bid.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Start } from '#wire/pool-messages.ts';
import { whyAnswer } from '#wire/why.ts';

let pool: TestPool;
beforeEach(async () => {
  pool = await TestPool.start();
});
afterEach(async () => {
  await pool.destroy();
});

const alice = () => pool.client('submitter', 'alice');

/** Submits jobs with these limits, of which each has an attribute of its own. */
async function submit(procs: number, limits: Readonly<Record<string, string>>): Promise<number> {
  const request = submitOf(procs, limits);
  const own = request.procs.map((_, proc) => ({ attributes: { Args: `"${proc}"` }, inputs: [] }));
  const json = { ...request, procs: own };
  return (await alice().json('/v1/jobs', submitAnswer, { method: 'POST', json })).cluster;
}

const roomyPilot = async () =>
  ScriptedPilot.start({
    url: pool.url,
    token: await pool.token('pilot', 'u1'),
    uid: 'u1',
    slot: { Cpus: '40', Memory: '100000', Disk: '10000000' },
  });

const starts = ({ heard }: ScriptedPilot): readonly Start[] =>
  heard.filter((message): message is Start => message.type === 'start');
const started = (pilot: ScriptedPilot) => starts(pilot).map(({ job }) => job);

const act = (action: 'hold' | 'release' | 'remove', ...jobs: string[]) =>
  alice().json('/v1/jobs/actions', jobActionAnswer, {
    method: 'POST',
    json: { action, jobs, reason: 'test' },
  });

async function demanded(): Promise<number> {
  const group = { name: 'g', template: slotTexts(), wanted: 0, decision: '', limits: [], phases: {} };
  const answer = await pool
    .client('operator', 'here')
    .json('/v1/bidders/here', demandAnswer, { method: 'POST', json: { groups: [group], pilots: [] } });
  return answer.autoclusters.reduce((sum, { count }) => sum + count, 0);
}

async function finish(pilot: ScriptedPilot, job: string): Promise<void> {
  const start = starts(pilot).find((each) => each.job === job);
  if (start === undefined) throw new Error(`${job} was not started`);
  pilot.started(start);
  pilot.finished(start, { kind: 'exited', exitCode: 0 });
  await pilot.recorded(start.claim);
}

test('no more jobs of a cluster run or are held at once than max_materialize allows, and all of them run in the end', async () => {
  const pilot = await roomyPilot();
  const cluster = await submit(6, { JobMaterializeLimit: '2' });
  const name = (proc: number) => `${cluster}.${proc}`;
  await expect.poll(() => started(pilot)).toEqual([0, 1].map(name));
  // A held job keeps its place.
  await act('hold', name(0));
  for (let proc = 1; proc < 5; proc += 1) {
    await finish(pilot, name(proc));
    await expect
      .poll(() => started(pilot))
      .toEqual(Array.from({ length: proc + 2 }, (_, each) => name(each)));
    expect(pool.core.queue.countIn('Running')).toBe(1);
  }
  await act('remove', name(0));
  await finish(pilot, name(5));
});

test('no more jobs of a cluster wait for slots than max_idle allows, so that they cause no more demand', async () => {
  const cluster = await submit(100_000, { JobMaterializeMaxIdle: '3' });
  expect(await demanded()).toBe(3);
  await act('hold', `${cluster}.0`);
  expect(await demanded()).toBe(2);
  await act('remove', `${cluster}.0`, `${cluster}.1`);
  expect(await demanded()).toBe(3);
  const pilot = await roomyPilot();
  await expect.poll(() => started(pilot).length).toBe(40);
  await expect.poll(demanded).toBe(3);
});

test('the limits of a cluster hold after a restart', async () => {
  await submit(10, { JobMaterializeMaxIdle: '3', JobMaterializeLimit: '4' });
  const pilot = await roomyPilot();
  await expect.poll(() => started(pilot).length).toBe(4);
  await pool.stop();
  pool = await TestPool.start({ directory: pool.directory });
  expect(await demanded()).toBe(0);
});

test('why says which limit of its cluster keeps a job back', async () => {
  const cluster = await submit(3, { JobMaterializeMaxIdle: '1' });
  const summary = async (proc: number) =>
    (await alice().json(`/v1/jobs/${cluster}.${proc}/why`, whyAnswer)).summary;
  expect(await summary(2)).toMatch(/^Its cluster has max_idle = 1, so it is tried once fewer/);
  expect(await summary(0)).toMatch(/^No pilot is registered/);
});

test('a limit below 1 lets one job run, and one that is no number is none', async () => {
  const pilot = await roomyPilot();
  const one = await submit(3, { JobMaterializeLimit: '0' });
  const all = await submit(3, { JobMaterializeLimit: 'undefined' });
  await expect.poll(() => started(pilot)).toEqual([`${one}.0`, ...[0, 1, 2].map((proc) => `${all}.${proc}`)]);
});
