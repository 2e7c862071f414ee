import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { missingRuntime, PilotProcess, testRuntime } from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';

const missing = await missingRuntime();

const literal = (value: string) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const shell = (script: string, image = 'one'): TestJob => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: literal(`-c '${script.replaceAll("'", "''")}'`),
    TransferExecutable: 'false',
    ContainerImage: `"${image}"`,
  },
});

/** What a payload is given, in words. */
const given =
  "env | grep -vE '(ToDie|SHLVL)=' | sort; id; pwd; umask; ulimit -a; cd /; ls -d * tmp/* var/tmp/* dev/*; grep -E 'Cap(Eff|Prm)|SigIgn|SigBlk' /proc/self/status; ls /proc/self/fd | wc -l; cut -d' ' -f19 /proc/self/stat";

/** Processes of this machine with these words in their command lines. */
async function pidsWith(words: string): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
      return line.includes(words) ? [Number(name)] : [];
    }),
  );
  return found.flat();
}

const processesWith = async (words: string): Promise<number> => (await pidsWith(words)).length;

describe.skipIf(missing !== undefined)(
  `payloads that enter a warm container${missing ? ` (${missing})` : ''}`,
  () => {
    let images: string;
    let pool: PoolPeer;
    let pilot: PilotProcess;

    const start = async (isWarm: boolean) => {
      pool = await PoolPeer.listen();
      pilot = await PilotProcess.start({
        url: pool.url,
        spec: {
          lifetimes: { grace: '2s' },
          runtime: { images: { path: [images] }, ...(isWarm && { warm: {} }) },
        },
      });
      return await pool.hello();
    };

    /** What the slot says last. */
    const slot = () => {
      const said = pool.heard.map(({ message }) => message).filter((message) => 'slot' in message);
      return said.at(-1)?.slot;
    };

    const outputOf = async (job: TestJob) => {
      const { outcome, stdout } = await pool.run(job);
      expect(outcome).toEqual({ kind: 'exited', exitCode: 0 });
      return pool.content(stdout);
    };

    beforeAll(async () => {
      images = await mkdtemp(join(tmpdir(), 'glidein-warm-images-'));
      for (const name of ['one', 'two', 'three']) {
        const image = join(images, name);
        await cp(join(testRuntime.images, 'hello'), image, { recursive: true, verbatimSymlinks: true });
        await writeFile(join(image, 'version'), `${name}\n`);
      }
      await symlink('two', join(images, 'latest'));
    });
    afterAll(() => rm(images, { recursive: true, force: true }));
    afterEach(async () => {
      await pilot.destroy();
      await pool.close();
    });

    it('are given what payloads of fresh containers are given', async () => {
      await start(false);
      const fresh = await outputOf(shell(given));
      // The umask.
      expect(fresh.split('\n')).toContain('0022');
      await pilot.destroy();
      await pool.close();
      const hello = await start(true);
      expect(hello.slot).toMatchObject({ WarmContainers: '0' });
      const warm = await outputOf(shell(given));
      await expect.poll(slot).toMatchObject({ WarmContainers: '1' });
      expect(warm).toBe(fresh);
    });

    it('find nothing of those before them, and can change nothing for those after them', async () => {
      await start(true);
      const places = 'f /tmp/f /var/tmp/f /dev/shm/f /dev/f /bin/f /etc/f /f';
      await outputOf(
        shell(`for f in ${places}; do echo mine >$f; done 2>/dev/null; echo x >>/etc/passwd; exit 0`),
      );
      const found = await outputOf(
        shell(`ls ${places}; cat /etc/passwd | wc -l; find /proc -name 7.0; ls /srv/.. | grep claim; exit 0`),
      );
      expect(found).toBe('1\n');
      expect(slot()).toMatchObject({ WarmContainers: '1' });
    });

    it('get the signal of a stop and its grace, and leave no process', async () => {
      await start(true);
      const script = 'trap "echo asked; exit 3" TERM; (setsid sleep 98765 &); while :; do sleep 0.1; done';
      const begun = pool.startOf(shell(script));
      pool.send(begun);
      await pool.next('started');
      await expect.poll(() => processesWith('sleep\u000098765')).toBe(1);
      pool.send({ type: 'stop', claim: begun.claim, reason: 'enough' });
      const finished = await pool.finished(begun.claim);
      expect(finished.outcome).toMatchObject({ kind: 'stopped' });
      expect(pool.content(finished.stdout)).toBe('asked\n');
      expect(await processesWith('sleep\u000098765')).toBe(0);
    });

    it('die with their pilot, however it dies', async () => {
      await start(true);
      pool.send(pool.startOf(shell('(setsid sleep 98764 &); exec sleep 98764')));
      await expect.poll(() => processesWith('sleep\u000098764')).toBe(2);
      pilot.child.kill('SIGKILL');
      await expect.poll(() => processesWith('sleep\u000098764')).toBe(0);
    });

    it('see the image that is published now, whether its link was moved or its directory replaced', async () => {
      await start(true);
      expect(await outputOf(shell('cat /version', 'latest'))).toBe('two\n');
      await rm(join(images, 'latest'));
      await symlink('three', join(images, 'latest'));
      expect(await outputOf(shell('cat /version', 'latest'))).toBe('three\n');
      await rename(join(images, 'three'), join(images, 'old'));
      await rename(join(images, 'two'), join(images, 'three'));
      expect(await outputOf(shell('cat /version', 'latest'))).toBe('two\n');
      await expect.poll(slot).toMatchObject({ WarmContainers: '1' });
    });

    it('get a new warm container when what let them into the last one was killed', async () => {
      await start(true);
      const inside = pool.startOf(shell('exec sleep 98763'));
      pool.send(inside);
      await expect.poll(() => processesWith('sleep\u000098763')).toBe(1);
      const [server] = await pidsWith(`${pilot.directory}/.glidein-enter\u0000serve`);
      process.kill(server ?? Number.NaN, 'SIGKILL');
      const { outcome } = await pool.finished(inside.claim);
      expect(outcome).toEqual({
        kind: 'stopped',
        reason: 'the container of the job was killed, and not by the job',
      });
      expect(await pidsWith(`${pilot.directory}/.glidein-enter`)).toEqual([]);
      // A payload that comes before the pilot knows gets a fresh one.
      await expect
        .poll(async () => {
          expect(await outputOf(shell('cat /version'))).toBe('one\n');
          return (await pidsWith(`${pilot.directory}/.glidein-enter`)).length;
        })
        .toBe(1);
    });

    it('get a fresh container when a warm one cannot be had, and the slot says why', async () => {
      await start(true);
      // Where the program that enters containers should lie.
      await mkdir(join(pilot.directory, '.glidein-enter'));
      expect(await outputOf(shell('cat /version'))).toBe('one\n');
      await expect.poll(slot).toMatchObject({
        WarmContainers: '0',
        WarmContainersReason: expect.stringMatching(/one: .*glidein-enter/),
      });
    });

    it('whose command is longer than the system takes are held, and the container stays', async () => {
      await start(true);
      const { outcome } = await pool.run(shell(`exit 0 # ${'x'.repeat(200_000)}`));
      expect(outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 6 });
      expect(await outputOf(shell('cat /version'))).toBe('one\n');
      expect(slot()).toMatchObject({ WarmContainers: '1' });
    });

    it('whose command does not exist are held, and the container stays', async () => {
      await start(true);
      const { outcome } = await pool.run({ ad: { ...shell('exit 0').ad, Cmd: '"/bin/nothing"' } });
      expect(outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 6 });
      expect(await outputOf(shell('cat /version'))).toBe('one\n');
      expect(slot()).toMatchObject({ WarmContainers: '1' });
    });
  },
);
