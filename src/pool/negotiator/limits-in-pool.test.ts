import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { demandAnswer } from '#wire/bid.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Start } from '#wire/pool-messages.ts';
import { whyAnswer } from '#wire/why.ts';
import { followSpec } from '../auth/follow-spec.ts';

let folder: string;
let pool: TestPool;
let stopFollowing: () => void;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glidein-limits-'));
  pool = await TestPool.start();
});
afterEach(async () => {
  stopFollowing();
  await pool.destroy();
  await rm(folder, { recursive: true });
});

const specFile = () => join(folder, 'pool.json');
const specOf = (limits: Readonly<Record<string, number>>) =>
  JSON.stringify({
    concurrencyLimits: Object.entries(limits).map(([name, limit]) => ({ name, limit })),
  });

async function limit(limits: Readonly<Record<string, number>>): Promise<void> {
  await writeFile(specFile(), specOf(limits));
  const { core } = pool;
  const { clock, logger } = core;
  const followed = await followSpec({
    file: specFile(),
    clock,
    logger,
    apply: (spec) => core.applySpec(spec),
  });
  stopFollowing = () => followed.close();
}

const alice = () => pool.client('submitter', 'alice');
const submit = async (procs: number, limits: string) => {
  const json = submitOf(procs, { ConcurrencyLimits: limits });
  return (await alice().json('/v1/jobs', submitAnswer, { method: 'POST', json })).cluster;
};
const roomyPilot = async (uid: string) =>
  ScriptedPilot.start({
    url: pool.url,
    token: await pool.token('pilot', uid),
    uid,
    slot: { Cpus: '40', Memory: '100000', Disk: '10000000' },
  });
const starts = ({ heard }: ScriptedPilot): readonly Start[] =>
  heard.filter((message): message is Start => message.type === 'start');
const running = () => pool.core.queue.countIn('Running');
const whyOf = async (job: string) => (await alice().json(`/v1/jobs/${job}/why`, whyAnswer)).summary;
const demanded = async () => {
  const json = {
    groups: [{ name: 'g', template: slotTexts(), wanted: 0, decision: '', limits: [], phases: {} }],
  };
  const answer = await pool
    .client('operator', 'here')
    .json('/v1/bidders/here', demandAnswer, { method: 'POST', json: { ...json, pilots: [] } });
  return answer.autoclusters.reduce((sum, { count }) => sum + count, 0);
};

test('no more jobs run at once than a limit allows, and all of them run in the end', async () => {
  await limit({ licence: 2 });
  const pilot = await roomyPilot('u1');
  await submit(10, '"Licence"');
  for (let done = 0; done < 10; done += 1) {
    await eventually(async () => expect(starts(pilot).length).toBeGreaterThan(done));
    expect(running()).toBeLessThanOrEqual(2);
    const start = starts(pilot)[done];
    if (start !== undefined) await pilot.run(start);
  }
  await eventually(async () => expect(running()).toBe(0));
  expect(starts(pilot)).toHaveLength(10);
});

test('a job that a limit holds back says which limit, and causes no demand', async () => {
  await limit({ licence: 3 });
  const cluster = await submit(5, '"licence"');
  expect(await demanded()).toBe(3);
  const pilot = await roomyPilot('u1');
  await eventually(async () => expect(running()).toBe(3));
  expect(await whyOf(`${cluster}.4`)).toMatch(
    /^The limit of licence is 3, all of them in use: it starts when/,
  );
  expect(await demanded()).toBe(0);
  await pilot.run(await pilot.next('start'));
  await eventually(async () => expect(running()).toBe(3));
});

test('jobs that limits of every slot hold back cause no demand, and those of a free slot’s limit do', async () => {
  await limit({ on_4: 2, on_40: 5 });
  await submit(9, 'strcat("on_", TARGET.Cpus)');
  expect(await demanded()).toBe(2);
  await limit({ on_4: 0 });
  expect(await demanded()).toBe(0);
});

test('a job whose expression makes thousands of limits is held, and matching looks at none of them', async () => {
  await limit({});
  await roomyPilot('u1');
  const many = `"${'l,'.repeat(5000)}"`;
  const cluster = await submit(1, `ifThenElse(TARGET.Cpus > 0, ${many}, "")`);
  const other = await submit(1, many);
  const reasonOf = async (job: number) => {
    const { jobs } = await alice().json(`/v1/jobs/${job}.0`, jobsAnswer);
    return jobs[0]?.ad.HoldReason;
  };
  await eventually(async () => {
    for (const job of [cluster, other])
      expect(await reasonOf(job)).toContain('its ConcurrencyLimits are 5000, and a job may name 100');
  });
});

test('a job that takes an endless amount of a limit keeps no pilot from the others', async () => {
  await limit({ licence: 3 });
  await submit(1, '"licence:1e400"');
  await submit(2, '"licence"');
  expect(await demanded()).toBe(2);
});

test('a limit that is raised in the specification lets more jobs run at once', async () => {
  await limit({ 'db.*': 1 });
  await roomyPilot('u1');
  await submit(3, '"db.read"');
  await eventually(async () => expect(running()).toBe(1));
  await writeFile(specFile(), specOf({ 'db.*': 3 }));
  await eventually(async () => expect(running()).toBe(3));
});

test('a held job keeps its share of a limit until its payload is dead', async () => {
  await limit({ licence: 1 });
  const pilot = await roomyPilot('u1');
  const cluster = await submit(2, '"licence"');
  const start = await pilot.next('start');
  pilot.started(start);
  const json = { action: 'hold', jobs: [start.job], reason: 'r' };
  await alice().json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
  const other = start.job === `${cluster}.0` ? `${cluster}.1` : `${cluster}.0`;
  expect(await whyOf(other)).toContain('The limit of licence is 1, and that is in use');
  pilot.finished(start, { kind: 'stopped', reason: 'r' });
  await eventually(async () => expect(starts(pilot).map(({ job }) => job)).toContain(other));
});

test('a restarted pool counts what running jobs take of its limits', async () => {
  await limit({ licence: 2 });
  const first = await roomyPilot('u1');
  const cluster = await submit(4, '"licence"');
  await eventually(async () => expect(starts(first)).toHaveLength(2));
  for (const start of starts(first)) first.started(start);
  await pool.stop();
  pool = await TestPool.start({ directory: pool.directory });
  stopFollowing();
  await limit({ licence: 2 });
  const second = await roomyPilot('u2');
  expect(await whyOf(`${cluster}.3`)).toContain('all of them in use');
  expect(starts(second)).toEqual([]);
  const back = await ScriptedPilot.open({ url: pool.url, token: await pool.token('pilot', 'u1'), uid: 'u1' });
  const [one] = starts(first);
  back.sayHello({ draining: true, claims: starts(first).map(({ claim }) => claim) });
  await back.next('welcome');
  if (one !== undefined) back.finished(one);
  await second.next('start');
  expect(running()).toBe(2);
});
