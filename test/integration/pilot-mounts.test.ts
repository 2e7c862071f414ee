import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingRuntime, PilotProcess, testRuntime } from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';

const missing = await missingRuntime();

const shell = (script: string): TestJob => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: `"-c '${script.replaceAll("'", "''")}'"`,
    TransferExecutable: 'false',
    ContainerImage: '"hello"',
  },
});

const images = { path: [testRuntime.images] };

describe.skipIf(missing !== undefined)(
  `what payloads see of their pilot${missing ? ` (${missing})` : ''}`,
  () => {
    let root: string;
    let pool: PoolPeer;
    let pilot: PilotProcess;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'glidein-mounts-'));
      for (const name of ['software', 'shared', 'needed']) await mkdir(join(root, name));
      await writeFile(join(root, 'software/version'), '7\n');
      pool = await PoolPeer.listen();
      const binds = [
        { source: join(root, 'software'), target: '/cvmfs/software.example.org' },
        { source: join(root, 'shared'), target: '/shared', readOnly: false },
        { source: join(root, 'needed'), target: '/needed', required: true },
        { source: join(root, 'nothing'), target: '/nothing' },
      ];
      pilot = await PilotProcess.start({
        url: pool.url,
        spec: { runtime: { images, binds, network: 'None' } },
      });
      await pool.hello();
    });
    afterAll(async () => {
      await pilot?.destroy();
      await pool?.close();
      await rm(root, { recursive: true, force: true });
    });

    it('is what the group mounts, read-only unless it says otherwise, and a note names what is missing', async () => {
      const finished = await pool.run(
        shell(
          'cat /cvmfs/software.example.org/version; touch /cvmfs/software.example.org/x || echo refused; echo 8 > /shared/y; ls -d /nothing',
        ),
      );
      expect(pool.content(finished.stdout)).toBe('7\nrefused\n');
      expect(pool.content(finished.stderr)).toContain(
        `[glidein: ${join(root, 'nothing')} is not on this node, so it is not mounted]\n`,
      );
      expect(await readFile(join(root, 'shared/y'), 'utf8')).toBe('8\n');
    });

    it('is told to the pool, so that jobs can require it', async () => {
      expect((await pool.hello()).slot).toMatchObject({
        GLIDEIN_Binds: '"/cvmfs/software.example.org,/shared,/needed"',
        GLIDEIN_Network: '"None"',
      });
    });

    it('is no network if the group gives them none', async () => {
      const finished = await pool.run(shell('tail -n +3 /proc/net/dev'));
      expect(pool.content(finished.stdout).trim()).toMatch(/^lo:/);
      expect(pool.content(finished.stdout).trim().split('\n')).toHaveLength(1);
    });

    it('keeps a job from starting here if what the group requires has gone', async () => {
      await rename(join(root, 'needed'), join(root, 'gone'));
      expect((await pool.run(shell('true'))).outcome).toMatchObject({
        kind: 'startFailed',
        blame: 'pilot',
        reason: expect.stringContaining(`${join(root, 'needed')} is not on this node, and is required`),
      });
      await rename(join(root, 'gone'), join(root, 'needed'));
      expect((await pool.run(shell('true'))).outcome).toEqual({ kind: 'exited', exitCode: 0 });
    });

    it('keeps a pilot from registering if what the group requires is missing', async () => {
      const binds = [{ source: join(root, 'nothing'), target: '/needed', required: true }];
      const other = await PilotProcess.start({ url: pool.url, spec: { runtime: { images, binds } } });
      expect((await other.exit).code).not.toBe(0);
      expect(other.log).toContain('is not on this node, and is required');
      await other.destroy();
    });
  },
);
