import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeImageFile, missingFuse } from '#testing/image-file.ts';
import { PilotProcess, testRuntime } from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';

const missing = await missingFuse();

const job = (image: string, script = 'cat /etc/os-release', more: Partial<TestJob> = {}): TestJob => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: `"-c '${script}'"`,
    TransferExecutable: 'false',
    ContainerImage: `"${image}"`,
  },
  ...more,
});

/** How many FUSE programs have a file below a directory open as the image that they serve. */
async function servers(directory: string): Promise<number> {
  const names = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const served = await Promise.all(names.map((name) => readlink(`/proc/${name}/fd/3`).catch(() => '')));
  return served.filter((path) => path.startsWith(directory) && path.endsWith('.sif')).length;
}

/** Mounts the hello image, as `tree`, with FUSE: what stays of the mount when its server is killed is dead. */
async function serveDirectory(file: string, mount: string): Promise<ChildProcess> {
  const tools = dirname(await realpath(testRuntime.apptainer));
  const content = join(dirname(file), 'content');
  await mkdir(content);
  await cp(join(testRuntime.images, 'hello'), join(content, 'tree'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await promisify(execFile)(join(tools, 'mksquashfs'), [content, file, '-quiet', '-no-progress']);
  const server = spawn(join(tools, 'squashfuse_ll'), ['-f', file, mount], { stdio: 'ignore' });
  await expect.poll(() => readdir(mount)).toEqual(['tree']);
  return server;
}

describe.skipIf(missing !== undefined)(`image files${missing ? ` (${missing})` : ''}`, () => {
  let root: string;
  let images: string;
  let pool: PoolPeer;
  let pilot: PilotProcess;
  let server: Server;
  let site: string;
  const asked: string[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'glidein-image-files-'));
    images = join(root, 'images');
    await mkdir(images);
    await makeImageFile(join(images, 'tool.sif'), join(testRuntime.images, 'hello'));
    const whole = await readFile(join(images, 'tool.sif'));
    await writeFile(join(images, 'cut.sif'), whole);
    await truncate(join(images, 'cut.sif'), 200_000);
    await writeFile(join(images, 'junk.sif'), 'x'.repeat(100));
    await writeFile(join(images, 'empty.sif'), '');
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (request.url?.endsWith('tool.sif')) response.end(whole);
      else response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    pool = await PoolPeer.listen();
    pilot = await begin('FromJobs');
    await pool.hello();
  });
  afterAll(async () => {
    await pilot?.destroy();
    await pool?.close();
    server?.close();
    await rm(root, { recursive: true, force: true });
  });

  const begin = (files: 'FromJobs' | 'None', apptainer?: string) =>
    PilotProcess.start({
      url: pool.url,
      spec: {
        runtime: {
          images: {
            path: [images, testRuntime.images],
            files,
            ...(files !== 'None' && { remote: { urls: [`${site}/kept/`] } }),
          },
        },
      },
      ...(apptainer !== undefined && { apptainer }),
    });

  it('run where FUSE works, by name, by path and brought by the job, and leave no program behind', async () => {
    expect((await pool.hello()).slot).toMatchObject({ HasSIF: 'true' });
    for (const image of ['tool.sif', join(images, 'tool.sif')]) {
      const finished = await pool.run(job(image));
      expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
      expect(pool.content(finished.stdout)).toContain('ID=glidein-hello');
    }
    const content = await readFile(join(images, 'tool.sif'));
    const brought = await pool.run(job('mine.sif', 'ls', { inputs: [pool.file('mine.sif', content)] }));
    expect(pool.content(brought.stdout)).toBe('mine.sif\n');
    expect(brought.outputs).toEqual([]);
    expect(await servers(root)).toBe(0);
  });

  /** As HTCondor makes the ad of a job whose image is a URL. */
  const byUrl = (url: string): TestJob => {
    const { ad } = job(basename(url));
    return { ad: { ...ad, ContainerImageFullPath: `"${url}"`, TransferInput: `"${url}"` } };
  };

  it('are fetched once for all jobs by a URL that the group names, and by any other for each job', async () => {
    for (const folder of ['kept', 'kept', 'other', 'other']) {
      const finished = await pool.run(byUrl(`${site}/${folder}/tool.sif`));
      expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
      expect(pool.content(finished.stdout)).toContain('ID=glidein-hello');
      expect(finished.outputs).toEqual([]);
    }
    expect(asked).toEqual(['/kept/tool.sif', '/other/tool.sif', '/other/tool.sif']);
    expect((await pool.run(byUrl(`${site}/kept/none.sif`))).outcome).toMatchObject({
      kind: 'startFailed',
      blame: 'job',
      holdCode: 35,
      reason: expect.stringContaining('was not fetched: the server answered 404'),
    });
  });

  it.each([
    ['cut.sif', /squashfs/],
    ['junk.sif', /neither a directory nor an image file/],
    ['empty.sif', /neither a directory nor an image file/],
  ])('that are broken, such as %s, hold their job', async (image, reason) => {
    expect((await pool.run(job(image))).outcome).toMatchObject({
      kind: 'startFailed',
      blame: 'job',
      holdCode: 35,
      reason: expect.stringMatching(reason),
    });
  });

  it.runIf(process.getuid?.() === 0)(
    'and directories on a file system whose server has died leave their job to other pilots',
    async () => {
      const folder = join(images, 'dead');
      await mkdir(folder);
      const server = await serveDirectory(join(root, 'tree.img'), folder);
      try {
        const alive = await pool.run(job('dead/tree'));
        expect(alive.outcome).toEqual({ kind: 'exited', exitCode: 0 });
        server.kill('SIGKILL');
        await once(server, 'exit');
        expect((await pool.run(job('dead/tree'))).outcome).toMatchObject({
          kind: 'startFailed',
          blame: 'pilot',
          reason: expect.stringContaining('ENOTCONN'),
        });
      } finally {
        server.kill('SIGKILL');
        await promisify(execFile)('umount', ['-l', folder]);
      }
    },
  );

  it('leave no program behind when the payload is killed, and none when the pilot is', async () => {
    const first = pool.startOf(job('tool.sif', 'sleep 60'));
    pool.send(first);
    await pool.next('started', ({ claim }) => claim.id === first.claim.id);
    expect(await servers(root)).toBeGreaterThan(0);
    pool.send({ type: 'stop', claim: first.claim, reason: 'removed', cause: 'remove' });
    await pool.finished(first.claim);
    expect(await servers(root)).toBe(0);
    const second = pool.startOf(job('tool.sif', 'sleep 60'));
    pool.send(second);
    await pool.next('started', ({ claim }) => claim.id === second.claim.id);
    await pilot.destroy();
    await expect.poll(() => servers(root)).toBe(0);
  });

  it('are left to other pilots where FUSE does not work, and are not offered', async () => {
    const script = `#!/bin/sh\nexec unshare -Urm sh -c 'mount --bind /dev/null /dev/fuse; exec "$@"' sh ${testRuntime.apptainer} "$@"\n`;
    await writeFile(join(root, 'apptainer'), script, { mode: 0o755 });
    const other = await begin('FromJobs', join(root, 'apptainer'));
    const { slot } = await pool.hello(2);
    expect(slot).toMatchObject({
      HasSIF: 'false',
      GLIDEIN_NoSIFReason: expect.stringContaining('/dev/fuse'),
    });
    expect((await pool.run(job('tool.sif'))).outcome).toMatchObject({
      kind: 'startFailed',
      blame: 'pilot',
      reason: expect.stringContaining('this pilot cannot run image files'),
    });
    expect((await pool.run(job('hello'))).outcome).toEqual({ kind: 'exited', exitCode: 0 });
    await other.destroy();
  });
});
