import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { ImageRegistry } from '#testing/image-registry.ts';
import { missingRuntime, PilotProcess, testRuntime } from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';

const missing = await missingRuntime();

const job = (image: string, script = 'cat /word'): TestJob => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: `"-c '${script}'"`,
    TransferExecutable: 'false',
    ContainerImage: `"${image}"`,
  },
});

/** The files of the hello image as a layer. */
const hello = (): Buffer =>
  execFileSync('tar', ['-c', '-C', join(testRuntime.images, 'hello'), '.'], { maxBuffer: 2 ** 26 });

describe.skipIf(missing !== undefined)(`images that pilots fetch${missing ? ` (${missing})` : ''}`, () => {
  let root: string;
  let registry: ImageRegistry;
  let pool: PoolPeer;
  let pilot: PilotProcess;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'glidein-fetched-'));
    await mkdir(join(root, 'logins'));
    registry = await ImageRegistry.start();
    const layer = hello();
    await registry.push('org/tool:1', [layer, { word: 'one\n' }]);
    await registry.push('org/other:1', [layer, { word: 'other\n', padding: 'x'.repeat(3_000_000) }]);
    await registry.push('org/large:1', [layer, { padding: 'x'.repeat(20_000_000) }]);
    pool = await PoolPeer.listen();
    pilot = await PilotProcess.start({
      url: pool.url,
      cacheDirectory: join(root, 'cache'),
      spec: {
        runtime: {
          images: {
            path: [testRuntime.images],
            remote: { registries: [`${registry.host}/org`], logins: join(root, 'logins'), cacheSize: '16Mi' },
          },
        },
      },
    });
    await pool.hello();
  });
  afterAll(async () => {
    await pilot?.destroy();
    await pool?.close();
    await registry?.stop();
    await rm(root, { recursive: true, force: true });
  });

  const url = (name: string) => `docker://${registry.host}/${name}`;
  const kept = async () => {
    const folders = await readdir(join(root, 'cache/images/.images/sha256'));
    const names = await Promise.all(
      folders.map((folder) => readdir(join(root, 'cache/images/.images/sha256', folder))),
    );
    return names.flat().filter((name) => /^[0-9a-f]{64}$/.test(name));
  };

  it('come from their registry once, and run', async () => {
    const jobs = [1, 2].map(() => pool.startOf(job(url('org/tool:1'))));
    for (const start of jobs) pool.send(start);
    for (const { claim } of jobs) {
      const finished = await pool.finished(claim);
      expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
      expect(pool.content(finished.stdout)).toBe('one\n');
      pool.send({ type: 'recorded', claim });
    }
    const manifests = registry.requests.filter((request) => request.includes('/org/tool/manifests/'));
    expect(manifests).toHaveLength(1);
  });

  it('are prepared before the pilot registers, which says so at once', async () => {
    let isAway = true;
    const later = await PoolPeer.listen({ refuse: () => (isAway ? 503 : undefined) });
    const digest = await registry.push('org/early:1', [hello(), { word: 'early\n' }]);
    const images = { prepare: [url('org/early:1')], remote: { registries: [`${registry.host}/org`] } };
    const early = await PilotProcess.start({ url: later.url, spec: { runtime: { images } } });
    try {
      await eventually(() => expect(early.log).toContain('image is at hand'));
      isAway = false;
      const { slot } = await later.hello();
      expect(slot['ImageDigests']).toBe(`"${digest}"`);
    } finally {
      await early.destroy();
      await later.close();
    }
  });

  it('make room for each other, but never the one that runs', async () => {
    const running = pool.startOf(
      job(url('org/tool:1'), 'while [ ! -e /srv/go ]; do sleep 0.1; done; cat /word'),
    );
    pool.send(running);
    await pool.next('started', ({ claim }) => claim.id === running.claim.id);
    const other = await pool.run(job(url('org/other:1')));
    expect(pool.content(other.stdout)).toBe('other\n');
    expect(await kept()).toHaveLength(2);
    pool.send({ type: 'stop', claim: running.claim, reason: 'removed', cause: 'remove' });
    await pool.finished(running.claim);
    await registry.push('org/third:1', [hello(), { word: 'third\n', padding: 'x'.repeat(3_000_000) }]);
    expect(pool.content((await pool.run(job(url('org/third:1')))).stdout)).toBe('third\n');
    expect((await kept()).length).toBeLessThan(3);
  });

  it.each([
    ['org/none:1', 'job', /was not fetched/],
    ['org/large:1', 'job', /was not fetched/],
    ['evil/tool:1', 'job', /pilots of this group fetch images of .*\/org only/],
  ] as const)(
    'hold their job if they cannot be fetched or may not, such as %s',
    async (name, blame, reason) => {
      expect((await pool.run(job(url(name)))).outcome).toMatchObject({
        kind: 'startFailed',
        blame,
        holdCode: 35,
        reason: expect.stringMatching(reason),
      });
      expect(await readdir(join(root, 'cache/images/.staging'))).toEqual([]);
    },
  );

  it('come from a private registry with the login of the group, which nobody else gets to see', async () => {
    await registry.push('org/private:1', [hello(), { word: 'private\n' }]);
    const secret = Buffer.from('robot:secret-of-the-group').toString('base64');
    registry.answer = ({ headers, url: path = '' }, response) => {
      if (!path.includes('/org/private/') || headers.authorization === `Basic ${secret}`) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end();
      return true;
    };
    const held = await pool.run(job(url('org/private:1')));
    expect(held.outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 35 });
    const auths = { [registry.host]: { auth: secret } };
    await writeFile(join(root, 'logins/.dockerconfigjson'), JSON.stringify({ auths }));
    const finished = await pool.run(job(url('org/private:1'), 'cat /word; env; ls / /srv'));
    registry.answer = () => false;
    expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
    expect(pool.content(finished.stdout)).toMatch(/^private\n/);
    const environment = await readFile(`/proc/${pilot.child.pid}/environ`, 'latin1');
    for (const text of [pilot.log, environment, pool.content(finished.stdout), JSON.stringify(pool.heard)]) {
      expect(text).not.toContain('secret-of-the-group');
      expect(text).not.toContain(secret);
    }
  });

  it('are fetched elsewhere if the registry does not answer, and the pilot goes on', async () => {
    registry.answer = (_request, response) => {
      response.destroy();
      return true;
    };
    expect((await pool.run(job(url('org/away:1')), 100_000)).outcome).toMatchObject({
      kind: 'startFailed',
      blame: 'pilot',
      reason: expect.stringMatching(/was not fetched: .*cannot be reached/),
    });
    registry.answer = () => false;
    expect((await pool.run(job('hello', 'true'))).outcome).toEqual({ kind: 'exited', exitCode: 0 });
  });
});
