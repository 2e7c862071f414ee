import { afterAll, beforeAll, expect, test } from 'vitest';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';
import { printedBy } from '#testing/run-case.ts';

let up: GlideinUp;
beforeAll(async () => {
  up = await GlideinUp.start(siteManifests({}));
});
afterAll(() => up?.stop());

test('a job finds a directory by its name, and what is in one that was written with a slash', async () => {
  const files = (await printedBy(up, 'input-directories')).filter((line) => /^\.\/[^.]/.test(line));
  expect(files.sort()).toEqual(['./c.txt', './tree/a.txt', './tree/sub/b.txt']);
});

test('a job of HTCondor finds the variables and files that it reads there', async () => {
  expect(await printedBy(up, 'environment-of-the-job')).toEqual(
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
