import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';
import type { JobView } from '#wire/jobs.ts';

let up: GlideinUp;
beforeAll(async () => {
  const concurrencyLimits = [{ name: 'licence', limit: 2 }];
  up = await GlideinUp.start(siteManifests({}, {}, { concurrencyLimits }));
});
afterAll(() => up?.stop());

/** How many of the jobs had a claim at the same time. */
function mostAtOnce(jobs: readonly JobView[]): number {
  const changes = jobs
    .flatMap(({ attempts }) => attempts)
    .flatMap(({ claimedAt, endedAt = Number.POSITIVE_INFINITY }) => [
      { at: claimedAt, by: 1 },
      { at: endedAt, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  return Math.max(...changes.map(({ by }) => (now += by)));
}

test('of ten jobs with a limit of two, never more than two run, all complete, and the others say what they wait for', async () => {
  const cwd = join(import.meta.dirname, 'cases', 'concurrency-limits');
  const { code, out, err } = await up.glidein(['submit', 'job.sub'], { cwd });
  expect(code, err).toBe(0);
  const cluster = Number(/cluster (\d+)/.exec(out)?.[1]);
  await eventually(async () => {
    const { out: why } = await up.glidein(['why', `${cluster}.9`]);
    expect(why).toContain('The limit of licence is 2, all of them in use');
  }, 60_000);
  // One pilot of four cores is enough for two jobs.
  expect((await up.status()).pilots).toHaveLength(1);
  const jobs = await eventually(async () => {
    const ended = (await up.jobs(cluster)).filter(({ ad }) => ad.JobStatus === '4');
    expect(ended).toHaveLength(10);
    return ended;
  }, 90_000);
  expect(mostAtOnce(jobs)).toBe(2);
});

test('of four jobs with max_materialize = 1 only one runs at a time, and all complete', async () => {
  const cluster = await up.submit(
    `executable = /bin/sh
transfer_executable = false
arguments = "-c 'sleep 1'"
container_image = hello
request_memory = 64 MB
request_disk = 50 MB
max_materialize = 1
queue 4
`,
  );
  const { out: why } = await up.glidein(['why', `${cluster}.3`]);
  expect(why).toContain('Its cluster has max_materialize = 1');
  const jobs = await eventually(async () => {
    const ended = (await up.jobs(cluster)).filter(({ ad }) => ad.JobStatus === '4');
    expect(ended).toHaveLength(4);
    return ended;
  }, 60_000);
  expect(mostAtOnce(jobs)).toBe(1);
});
