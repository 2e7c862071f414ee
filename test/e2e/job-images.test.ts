import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { ImageRegistry } from '#testing/image-registry.ts';
import { siteManifests } from '#testing/manifests.ts';
import { testRuntime } from '#testing/pilot-process.ts';
import { printedBy } from '#testing/run-case.ts';

let images: string;
let up: GlideinUp;
beforeAll(async () => {
  images = await mkdtemp(join(tmpdir(), 'glidein-images-'));
  await publishGreeter(join(images, 'example/greet:1'));
  up = await GlideinUp.start(siteManifests({ runtime: { images: { path: [testRuntime.images, images] } } }));
});
afterAll(async () => {
  await up?.stop();
  await rm(images, { recursive: true, force: true });
});

/** An image with its own program. */
async function publishGreeter(path: string): Promise<void> {
  await cp(join(testRuntime.images, 'hello'), path, { recursive: true, verbatimSymlinks: true });
  await mkdir(join(path, '.singularity.d'));
  const script = '#!/bin/sh\nfor word in "$@"; do echo "[$word]"; done\n';
  await writeFile(join(path, '.singularity.d/runscript'), script, { mode: 0o755 });
}

test.each(['singularity-image', 'docker-image', 'container-image-url'])(
  'a job runs in the image that it names as %s does',
  async (name) => {
    expect(await printedBy(up, name)).toContain('in glidein-hello');
  },
);

test('a job without an executable runs the program of its image with its arguments', async () => {
  expect((await printedBy(up, 'program-of-an-image')).slice(0, 2)).toEqual(['[two]', '[more words]']);
});

test('a job runs in an image that `glidein images add` has published, with its environment and its program', async () => {
  const registry = await ImageRegistry.start();
  try {
    const busybox = await readFile(join(testRuntime.images, 'hello/bin/busybox'));
    const shell = {
      'bin/busybox': { mode: 0o700, content: busybox },
      'bin/sh': { type: 'symlink', linkname: 'busybox' },
      'bin/old': '',
    } as const;
    const program = {
      'bin/.wh.old': '',
      greet: { mode: 0o755, content: '#!/bin/sh\necho "$WORD from $1"; ls /bin\n' },
    };
    const config = { Env: ['PATH=/bin', 'WORD=greetings'], Entrypoint: ['/greet'], Cmd: ['nobody'] };
    await registry.push(
      'org/greet:1',
      [{ ...shell, 'bin/ls': { type: 'symlink', linkname: 'busybox' } }, program],
      { config },
    );
    const name = `docker://${registry.host}/org/greet:1`;
    const added = await up.glidein(['images', 'add', '--images', images, name]);
    expect(added.code, added.err).toBe(0);
    const sizes = 'request_memory = 64 MB\nrequest_disk = 50 MB';
    const cluster = await up.submit(`container_image = ${name}\n${sizes}\nqueue\n`);
    await eventually(async () => {
      const [job] = await up.jobs(cluster);
      expect(job?.ad.JobStatus, job?.ad.HoldReason).toBe('4');
    });
    const { out } = await up.glidein(['logs', String(cluster)]);
    expect(out).toBe('greetings from nobody\nbusybox\nls\nsh\n');
  } finally {
    await registry.stop();
  }
});

test('a job without an executable is held when its image has no program of its own', async () => {
  const cluster = await up.submit(
    'universe = container\ncontainer_image = hello\nrequest_memory = 64 MB\nrequest_disk = 50 MB\nqueue\n',
  );
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad).toMatchObject({ JobStatus: '5', HoldReasonCode: '35' });
    expect(job?.ad.HoldReason).toContain(
      'the image hello has no program of its own: write executable = PROGRAM',
    );
  });
});

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

test('a job whose image is not published is held with the paths that were tried', async () => {
  const cluster = await up.submit(
    `container_image = docker://registry.example.org/org/tool:1\n${program}\nqueue\n`,
  );
  await eventually(async () => {
    const [job] = await up.jobs(cluster);
    expect(job?.ad).toMatchObject({ JobStatus: '5', HoldReasonCode: '35' });
    expect(job?.ad.HoldReason).toContain(join(testRuntime.images, 'registry.example.org/org/tool:1'));
  });
});
