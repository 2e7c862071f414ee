import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingRuntime, PilotProcess, testRuntime } from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';

const missing = await missingRuntime();

const job = (ad: Record<string, string> = {}): TestJob => ({
  ad: { Cmd: '"/bin/true"', TransferExecutable: 'false', ContainerImage: '"hello"', ...ad },
});

/** What a node or a group can take from Apptainer: commands of a shell that becomes the real one as `"$@"`. */
const losses = {
  'user namespaces': `exec unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"' sh "$@"`,
  'the right to mount a /proc': `exec unshare -Urm sh -c 'mount -t tmpfs none /proc/tty; exec "$@"' sh "$@"`,
  'its user in /etc/passwd': 'exec unshare -U --map-user=4711 "$@"',
  'an option that it knows': 'program=$1; shift 3; exec "$program" --silent exec --no-such-option "$@"',
} as const;

describe.skipIf(missing !== undefined)(
  `a payload that does not start${missing ? ` (${missing})` : ''}`,
  () => {
    let root: string;
    let pool: PoolPeer;
    let pilot: PilotProcess;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'glidein-start-failures-'));
      await writeImages(join(root, 'images'));
      const real = `set -- ${testRuntime.apptainer} "$@"`;
      const script = `#!/bin/sh\n${real}\n[ ! -e ${root}/loss ] || . ${root}/loss\nexec "$@"\n`;
      await writeFile(join(root, 'apptainer'), script, { mode: 0o755 });
    });
    afterAll(() => rm(root, { recursive: true, force: true }));
    beforeEach(async () => {
      pool = await PoolPeer.listen();
      pilot = await PilotProcess.start({
        url: pool.url,
        apptainer: join(root, 'apptainer'),
        spec: { runtime: { images: { path: [join(root, 'images'), testRuntime.images] } } },
      });
      await pool.hello();
    });
    afterEach(async () => {
      await pilot.destroy();
      await pool.close();
      await rm(join(root, 'loss'), { force: true });
    });

    const lose = (what: keyof typeof losses) => writeFile(join(root, 'loss'), losses[what]);
    const failsBy = async (blame: 'job' | 'pilot', holdCode: number, reason: RegExp, ad = {}) => {
      const { outcome } = await pool.run(job(ad));
      expect(outcome).toMatchObject({ kind: 'startFailed', blame, holdCode });
      expect(outcome).toHaveProperty('reason', expect.stringMatching(reason));
    };

    it('holds its job for a fault of the job or of the image, and the pilot goes on', async () => {
      await failsBy('job', 35, /there is no image "helo"/, { ContainerImage: '"helo"' });
      await failsBy('job', 35, /neither a directory nor an image file/, { ContainerImage: '"junk"' });
      await failsBy('job', 35, /doesn't exist in container/, { ContainerImage: '"empty"' });
      await failsBy('job', 35, /exec format error/, { ContainerImage: '"foreign"' });
      await failsBy('job', 6, /no-such did not start: it was not found/, { Cmd: '"/bin/no-such"' });
      await failsBy('job', 6, /cannot be executed/, { Cmd: '"/etc/passwd"' });
      expect((await pool.run(job())).outcome).toEqual({ kind: 'exited', exitCode: 0 });
    });

    it('is run elsewhere for a fault of the node, and the pilot drains after three in a row', async () => {
      await lose('user namespaces');
      await failsBy('pilot', 6, /Failed to create user namespace/);
      await rm(join(root, 'loss'));
      await failsBy('pilot', 6, /too many symbolic links|ELOOP/, { ContainerImage: '"loop"' });
      expect((await pool.run(job())).outcome).toEqual({ kind: 'exited', exitCode: 0 });
      await lose('the right to mount a /proc');
      await failsBy('pilot', 6, /can't mount proc filesystem/);
      await failsBy('pilot', 6, /can't mount proc filesystem/);
      await failsBy('pilot', 6, /too many symbolic links|ELOOP/, { ContainerImage: '"loop"' });
      expect(await pool.next('draining')).toMatchObject({
        reason: expect.stringContaining('3 payloads in a row'),
      });
    });

    it.each([
      ['its user in /etc/passwd', /unknown userid 4711/],
      ['an option that it knows', /unknown flag: --no-such-option/],
    ] as const)(
      'is run elsewhere if the pilot lacks %s, and the pilot drains at once',
      async (what, reason) => {
        await lose(what);
        await failsBy('pilot', 6, reason);
        expect(await pool.next('draining')).toMatchObject({ reason: expect.stringMatching(reason) });
      },
    );
  },
);

async function writeImages(images: string): Promise<void> {
  await mkdir(join(images, 'empty'), { recursive: true });
  await writeFile(join(images, 'junk'), 'not an image');
  await symlink('loop', join(images, 'loop'));
  const foreign = join(images, 'foreign');
  await cp(join(testRuntime.images, 'hello'), foreign, { recursive: true, verbatimSymlinks: true });
  await chmod(join(foreign, 'bin/busybox'), 0o755);
  await writeFile(join(foreign, 'bin/busybox'), programForNoMachine());
}

/** The beginning of an ELF program for a machine that does not exist. */
function programForNoMachine(): Buffer {
  const program = Buffer.alloc(4096);
  program.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  program.writeUInt16LE(2, 16);
  program.writeUInt16LE(0xffff, 18);
  return program;
}
