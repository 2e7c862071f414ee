import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';

let up: GlideinUp;
beforeAll(async () => {
  up = await GlideinUp.start(siteManifests({}));
});
afterAll(() => up?.stop());

/** Runs the only job of a case to its end. @returns the lines that it printed */
async function printed(name: string): Promise<string[]> {
  const cwd = join(import.meta.dirname, 'cases', name);
  const { code, out, err } = await up.glidein(['submit', 'job.sub'], { cwd });
  expect(code, err).toBe(0);
  const cluster = Number(/cluster (\d+)/.exec(out)?.[1]);
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad.JobStatus, job?.ad.HoldReason).toBe('4');
  });
  return (await up.glidein(['logs', String(cluster)])).out.split('\n');
}

test('a job finds a directory by its name, and what is in one that was written with a slash', async () => {
  const files = (await printed('input-directories')).filter((line) => /^\.\/[^.]/.test(line));
  expect(files.sort()).toEqual(['./c.txt', './tree/a.txt', './tree/sub/b.txt']);
});

test('a job of HTCondor finds the variables and files that it reads there', async () => {
  expect(await printed('environment-of-the-job')).toEqual(
    expect.arrayContaining([
      'BATCH_SYSTEM=HTCondor',
      '_CONDOR_SCRATCH_DIR=/srv',
      '_CONDOR_JOB_AD=/srv/.job.ad',
      '_CONDOR_MACHINE_AD=/srv/.machine.ad',
      expect.stringMatching(/^_CONDOR_SLOT=slot1_\d+$/),
      '_CONDOR_JOB_PIDS=',
      'TMPDIR=/srv/.tmp',
      'OMP_NUM_THREADS=1',
      'PYTHON_CPU_COUNT=1',
      '.job.ad',
      '.machine.ad',
    ]),
  );
});
