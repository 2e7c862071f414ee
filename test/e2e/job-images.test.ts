import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';
import { testRuntime } from '#testing/pilot-process.ts';
import { printedBy } from '#testing/run-case.ts';

let up: GlideinUp;
beforeAll(async () => {
  up = await GlideinUp.start(siteManifests({}));
});
afterAll(() => up?.stop());

test.each(['singularity-image', 'docker-image', 'container-image-url'])(
  'a job runs in the image that it names as %s does',
  async (name) => {
    expect(await printedBy(up, name)).toContain('in glidein-hello');
  },
);

const program =
  'executable = /bin/true\ntransfer_executable = false\nrequest_memory = 64 MB\nrequest_disk = 50 MB';

test('a job runs in an image that it names by its path', async () => {
  const cluster = await up.submit(
    `container_image = ${join(testRuntime.images, 'hello')}\n${program}\nqueue\n`,
  );
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad.JobStatus, job?.ad.HoldReason).toBe('4');
  });
});

test('a job whose image nobody has published is held with the paths that were tried', async () => {
  const cluster = await up.submit(
    `container_image = docker://registry.example.org/org/tool:1\n${program}\nqueue\n`,
  );
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad).toMatchObject({ JobStatus: '5', HoldReasonCode: '35' });
    expect(job?.ad.HoldReason).toContain(join(testRuntime.images, 'registry.example.org/org/tool:1'));
  });
});
