import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Buildah } from '#testing/buildah.ts';
import { DebianRegistry } from '#testing/debian-registry.ts';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';
import { testRuntime } from '#testing/pilot-process.ts';

const run = promisify(execFile);

const program = process.env.GLIDEIN_TEST_REGISTRY;
const missing =
  (await Buildah.missing()) ??
  (program === undefined
    ? (process.env.GLIDEIN_TEST_NO_REGISTRY ?? 'docker-registry is missing')
    : undefined);

const examples = resolve(import.meta.dirname, '../../examples/images');

/** An image that is built and pushed without complaint, and in which no job could run. */
const broken = `ARG BASE
FROM \${BASE}
RUN rm /bin/sh
`;

/** From a Dockerfile to a job, as docs/images-from-dockerfile.md says it; and from a bad one to the reason. */
describe.skipIf(missing !== undefined)(`an image${missing === undefined ? '' : ` (${missing})`}`, () => {
  let work: string;
  let images: string;
  let registry: DebianRegistry;
  let buildah: Buildah;
  let up: GlideinUp;

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'glidein-pipeline-'));
    images = join(work, 'images');
    await mkdir(images);
    registry = await DebianRegistry.start(program ?? '');
    buildah = await Buildah.make(work);
    const spec = {
      directory: { claimName: 'images' },
      images: [{ reference: `${registry.host}/example/analysis:*` }],
      schedule: { every: '1s' },
      smokeTest: { command: ['/bin/sh', '-c', 'analyse --version'] },
    };
    const set = { apiVersion: 'glidein.dev/v1alpha1', kind: 'ImageSet', metadata: { name: 'example' }, spec };
    up = await GlideinUp.start(
      { ...siteManifests({}), 'images.yaml': JSON.stringify(set) },
      { GLIDEIN_IMAGES: images },
    );
  });
  afterAll(async () => {
    await up?.stop();
    await registry?.stop();
    await rm(work, { recursive: true, force: true });
  });

  const reference = (tag: string) => `${registry.host}/example/analysis:${tag}`;
  const imagesCommand = (command: string, ...words: string[]) =>
    up.glidein(['images', command, '--images', images, ...words]);
  const submit = (tag: string) =>
    up.submit(`container_image = docker://${reference(tag)}
      arguments = run-7
      request_memory = 64 MB
      request_disk = 50 MB
      queue`);

  it('is built from its Dockerfile, pushed, found by the schedule, expanded, tried, published, and used by a job that names it', async () => {
    await buildah.push(join(examples, 'analysis'), reference('1'));
    const { code, out, err } = await imagesCommand('wait', '--timeout', '60s', reference('1'));
    expect(code, err).toBe(0);
    expect(out).toMatch(/sha256:[0-9a-f]{64}/);
    expect(out).toContain(join(images, '.images/sha256'));
    const cluster = await submit('1');
    // The pilot says so for as long as it is there, which need not be long after its only job.
    const [digest] = /sha256:[0-9a-f]{64}/.exec(out) ?? [];
    await eventually(async () => {
      expect(JSON.stringify(await up.status())).toContain(`"ImageDigests":"\\"${digest}\\""`);
    }, 30_000);
    await eventually(async () => {
      const [job] = await up.jobs(cluster);
      expect(job?.ad.JobStatus, job?.ad.HoldReason).toBe('4');
    });
    expect((await up.glidein(['logs', String(cluster)])).out).toBe('example has looked at run-7\n');
  });

  it('passes the test that CI makes of its expanded directory, or does not', async () => {
    const bin = join(work, 'bin');
    await mkdir(bin);
    const command = `#!/bin/sh\nexec ${process.execPath} ${join(examples, '../../dist/glidein.js')} "$@"\n`;
    await writeFile(join(bin, 'glidein'), command, { mode: 0o755 });
    await symlink(testRuntime.apptainer, join(bin, 'apptainer'));
    const env = { PATH: `${bin}:${process.env.PATH}`, HOME: work };
    const script = join(examples, 'test-expanded.sh');
    const tested = await run(script, [reference('1'), 'analyse', '--version'], { env });
    expect(tested.stdout).toMatch(/analyse 1\.0\n$/);
    await expect(run(script, [reference('1'), 'no-such-program'], { env })).rejects.toThrow(
      'no-such-program',
    );
  });

  it('that fails its trial is not published, and its author finds the reason where they look', async () => {
    const context = join(work, 'broken');
    await mkdir(context);
    await writeFile(join(context, 'Dockerfile'), broken);
    await buildah.push(context, reference('2'));
    const why = /its trial ended with exit code 255|no such file/;
    const waited = await imagesCommand('wait', '--timeout', '60s', reference('2'));
    expect(waited.code).not.toBe(0);
    expect(waited.err).toMatch(why);
    const status = await imagesCommand('status');
    expect(status.out).toMatch(why);
    expect(status.out).toContain(reference('1'));
    const cluster = await submit('2');
    await eventually(async () => {
      const [job] = await up.jobs(cluster);
      expect(job?.ad.JobStatus).toBe('5');
    });
    expect((await up.glidein(['why', String(cluster)])).out).toMatch(/its publisher could not publish it/);
    expect((await up.glidein(['why', String(cluster)])).out).toMatch(why);
  });
});
