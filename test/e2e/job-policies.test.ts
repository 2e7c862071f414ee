import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';

/** What HTCondor 25.14.1 said of the same files, word for word. */

let up: GlideinUp;
beforeAll(async () => {
  up = await GlideinUp.start(siteManifests({}), { GLIDEIN_POOL_PERIODIC_INTERVAL: '1s' });
});
afterAll(() => up?.stop());

/** Submits a case. @returns the ad of its only job once it is held or has ended */
async function judged(name: string): Promise<Readonly<Record<string, string>>> {
  const cwd = join(import.meta.dirname, 'cases', name);
  const { code, out, err } = await up.glidein(['submit', 'job.sub'], { cwd });
  expect(code, err).toBe(0);
  expect(err).not.toMatch(/warning/i);
  const cluster = Number(/cluster (\d+)/.exec(out)?.[1]);
  return eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(['3', '4', '5']).toContain(job?.ad.JobStatus);
    return job?.ad ?? {};
  }, 60_000);
}

test('a running job that is too long for its periodic_hold is held with its own reason and subcode', async () => {
  const ad = await judged('periodic-hold');
  expect(ad).toMatchObject({
    JobStatus: '5',
    HoldReason: '"too long"',
    HoldReasonCode: '3',
    HoldReasonSubCode: '7',
  });
  const { out } = await up.glidein(['why', `${ad['ClusterId']}.0`]);
  expect(out).toMatch(/held for .* \(code 3, subcode 7\): too long/);
});

test('a waiting job that no slot takes is removed by its periodic_remove, in the words of HTCondor', async () => {
  expect(await judged('periodic-remove-idle')).toMatchObject({
    JobStatus: '3',
    RemoveReason: `"The job attribute PeriodicRemove expression 'JobStatus == 1' evaluated to TRUE"`,
  });
});

test('a program that runs for longer than its allowed_execute_duration is held with HTCondor’s code', async () => {
  expect(await judged('allowed-execute-duration')).toMatchObject({
    JobStatus: '5',
    HoldReason: '"The job exceeded allowed execute duration of 00:05"',
    HoldReasonCode: '47',
  });
});

test('a job that is held by its on_exit_hold has its own reason and subcode', async () => {
  expect(await judged('on-exit-hold-reason')).toMatchObject({
    JobStatus: '5',
    HoldReason: '"my own reason"',
    HoldReasonCode: '3',
    HoldReasonSubCode: '42',
  });
});
