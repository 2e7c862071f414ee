import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';
import { StartCounter } from '#testing/start-counter.ts';

let up: GlideinUp;
let counter: StartCounter;

beforeAll(async () => {
  counter = await StartCounter.listen();
  // A pilot that leaves by itself may get the job of another and give it back: an attempt that is none of a kill.
  const lifetimes = { maxIdle: '2m', maxTail: '2m' };
  up = await GlideinUp.start(siteManifests({ cpus: 5, lifetimes }));
});
afterAll(async () => {
  await up?.stop();
  await counter?.close();
});

/** A job that reports its start, then works for a while. */
const job = (name: string, seconds: number, count: number) => `
  executable = /bin/sh
  arguments = "-c '${counter.report(`${name}$(Process)`)}; sleep ${seconds}; echo done'"
  container_image = hello
  request_memory = 128 MB
  request_disk = 10 MB
  queue ${count}`;

const startsOf = (name: string) => counter.starts.filter((start) => start.startsWith(name)).sort();

test('10 payloads start and complete exactly once although the pool is killed while they run', async () => {
  const cluster = await up.submit(job('pool', 6, 10));
  await eventually(() => expect(startsOf('pool')).toHaveLength(10));
  const before = await up.poolPid();
  process.kill(before, 'SIGKILL');
  const after = await eventually(async () => {
    const pid = await up.poolPid();
    expect(pid).not.toBe(before);
    return pid;
  });
  expect(after).toBeGreaterThan(0);
  const jobs = await eventually(async () => {
    const all = await up.jobs(cluster);
    expect(all.filter(({ ad }) => ad.JobStatus === '4')).toHaveLength(10);
    return all;
  });
  expect(startsOf('pool')).toEqual(Array.from({ length: 10 }, (_, proc) => `pool${proc}`));
  expect(jobs.flatMap(({ attempts }) => attempts)).toHaveLength(10);
  expect(jobs.every(({ attempts }) => attempts[0]?.outcome?.kind === 'exited')).toBe(true);
});

test('the job of a killed pilot runs again once, and the history shows both attempts with reasons', async () => {
  const cluster = await up.submit(job('pilot', 3, 1));
  await eventually(() => expect(startsOf('pilot')).toHaveLength(1));
  const [running] = await up.jobs(cluster);
  const pilot = running?.attempts[0]?.pilot ?? '';
  process.kill(await up.pilotPid(pilot), 'SIGKILL');
  const [ended] = await eventually(async () => {
    const all = await up.jobs(cluster);
    expect(all[0]?.ad.JobStatus).toBe('4');
    return all;
  });
  expect(startsOf('pilot')).toEqual(['pilot0', 'pilot0']);
  expect(ended?.attempts).toHaveLength(2);
  expect(ended?.attempts[0]).toMatchObject({ pilot, reason: expect.stringContaining('SIGKILL') });
  expect(ended?.attempts[1]?.outcome).toEqual({ kind: 'exited', exitCode: 0 });
  const { out } = await up.glidein(['history', String(cluster)]);
  expect(out).toMatch(/SIGKILL/);
  expect(out).toMatch(/exit code 0/);
});

test('glidein up that is killed leaves no process, and its successor runs the jobs again', async () => {
  const cluster = await up.submit(job('up', 4, 1));
  await eventually(() => expect(startsOf('up')).toHaveLength(1));
  process.kill(up.pid, 'SIGKILL');
  await eventually(async () => expect(await up.leftovers()).toEqual([]), 40_000);
  await up.again();
  await eventually(async () => expect((await up.jobs(cluster))[0]?.ad.JobStatus).toBe('4'));
  expect(startsOf('up')).toEqual(['up0', 'up0']);
});
