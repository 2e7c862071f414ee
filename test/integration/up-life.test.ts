import { access, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { ImageRegistry } from '#testing/image-registry.ts';
import { siteManifests } from '#testing/manifests.ts';
import { missingRuntime, testRuntime } from '#testing/pilot-process.ts';
import { UpPlace } from './up-process.ts';

const missing = await missingRuntime();

let place: UpPlace;
afterEach(() => place.destroy());

/** A job that ignores every request to end, once it has printed `ready`, and that leaves a child which does the same. */
const stubborn = (queue: number) => `executable = /bin/sh
transfer_executable = false
arguments = "-c 'trap """" TERM INT HUP; (trap """" TERM INT HUP; echo ready; while :; do sleep 1; done) & while :; do sleep 1; done'"
container_image = hello
queue ${queue}
`;

const quick = 'executable = /bin/true\ntransfer_executable = false\ncontainer_image = hello\nqueue 2\n';
const resource = (kind: string, name: string, spec: unknown) =>
  JSON.stringify({ apiVersion: 'glidein.dev/v1alpha1', kind, metadata: { name }, spec });

const running = (cluster: string, count: number) =>
  eventually(async () => {
    const { out } = await place.glidein('q', cluster, '--af', 'JobStatus');
    expect(out).toBe('2\n'.repeat(count));
  }, 60_000);

const nothingLeft = (milliseconds: number) =>
  eventually(async () => expect(await place.processes()).toEqual([]), milliseconds);

describe.skipIf(missing !== undefined)(`glidein up with real pilots${missing ? ` (${missing})` : ''}`, () => {
  it('leaves no process when it is killed, even of jobs that ignore signals, and runs the jobs again', async () => {
    place = await UpPlace.make(siteManifests({ lifetimes: { grace: '60s' } }));
    const first = await place.up().ready();
    const cluster = await place.submit(stubborn(2));
    await running(cluster, 2);
    first.kill('SIGKILL');
    await first.ended;
    await nothingLeft(5000);

    await place.up().ready();
    await running(cluster, 2);
    const { out } = await place.glidein('history', `${cluster}.0`);
    expect(out).toContain('the pilot ended and left no process behind');
    expect(out.trimEnd().split('\n')).toHaveLength(3);
  });

  it('gives jobs their grace when it is told to end, and none when it is told again', async () => {
    place = await UpPlace.make(siteManifests({ lifetimes: { grace: '60s' } }));
    const up = await place.up().ready();
    const cluster = await place.submit(stubborn(1));
    await running(cluster, 1);
    await eventually(async () => expect((await place.glidein('logs', `${cluster}.0`)).out).toBe('ready\n'));
    up.kill('SIGINT');
    await eventually(() => expect(up.out).toContain('ending pilots, then the pool'));
    await new Promise((done) => setTimeout(done, 1000));
    expect(await place.processes()).not.toEqual([]);
    const before = performance.now();
    up.kill('SIGINT');
    expect(await up.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - before).toBeLessThan(15_000);
    expect(await place.processes()).toEqual([]);
    expect((await place.glidein('q')).err).toContain('no pool runs here');
  });

  it('publishes the images of a set, runs jobs in them by their names, and leaves no publisher when it is killed', async () => {
    const registry = await ImageRegistry.start();
    try {
      const busybox = await readFile(join(testRuntime.images, 'hello/bin/busybox'));
      const shell = {
        'bin/busybox': { mode: 0o755, content: busybox },
        'bin/sh': { type: 'symlink', linkname: 'busybox' },
        'bin/cat': { type: 'symlink', linkname: 'busybox' },
      } as const;
      await registry.push('org/tool:1', [shell, { 'etc/word': 'expanded\n' }]);
      const spec = {
        images: [
          { reference: `${registry.host}/org/tool:1` },
          { reference: `${registry.host}/org/absent:1` },
        ],
        directory: { claimName: 'images' },
      };
      place = await UpPlace.make({
        ...siteManifests({ runtime: { images: { path: [testRuntime.images] } } }),
        'images.yaml': resource('ImageSet', 'tools', spec),
      });
      const images = join(place.directory, 'images');
      const up = await place.up(['--images', images]).ready();
      await eventually(() => expect(up.out).toContain(`images of tools are published in ${images}`));
      const name = `${registry.host}/org/tool:1`;
      await eventually(() => access(join(images, name, 'etc/word')));
      const cluster = await place.submit(
        `executable = /bin/cat\ntransfer_executable = false\narguments = /etc/word\ncontainer_image = docker://${name}\nqueue\n`,
      );
      await eventually(
        async () => expect((await place.glidein('logs', `${cluster}.0`)).out).toBe('expanded\n'),
        60_000,
      );
      // One that is not there has delayed no other.
      const status = await readFile(join(images, '.publisher/sets/tools.json'), 'utf8');
      expect(status).toMatch(/"reference":\s*"[^"]+org\/absent:1"/);
      up.kill('SIGKILL');
      await up.ended;
      await nothingLeft(10_000);
    } finally {
      await registry.stop();
    }
  });

  it('ends when its terminal is closed', async () => {
    place = await UpPlace.make(siteManifests({}));
    const up = await place.up().ready();
    await place.submit(quick);
    await eventually(async () => expect((await place.glidein('history')).out).toMatch(/ C [\s\S]* C /));
    up.kill('SIGHUP');
    expect(await up.ended).toEqual({ code: 0, signal: null });
    await nothingLeft(1000);
  });
});

describe('glidein up', () => {
  it('reports what is wrong in manifests, with the place, and goes on with the rest', async () => {
    place = await UpPlace.make(siteManifests({}));
    await place.write(
      'bad.yaml',
      resource('GlideinGroup', 'bad', { poolRef: { name: 'test' }, replicas: 1, pilot: { cpu: 1 } }),
    );
    await place.write('worse.yaml', 'kind: [');
    await place.write('classic.yaml', resource('PressurePolicy', 'classic', { strategy: 'Classic' }));
    const up = await place.up().ready();
    expect(up.err).toMatch(/^error: .*bad\.yaml:1:\d+: .*cpu/m);
    expect(up.err).toMatch(/^error: .*worse\.yaml:1:/m);
    expect(up.err).toMatch(
      /^error: .*classic\.yaml:1:\d+: spec\.strategy: "Classic" is not a valid value; write Packing/m,
    );
    await eventually(() => expect(up.out).toContain('test: No job waits'));
  });

  it('reports a group whose pilots cannot start, with their error, and does not retry too often', async () => {
    place = await UpPlace.make(siteManifests({}));
    const spec = {
      poolRef: { name: 'test' },
      replicas: 3,
      breaker: { failures: 2, within: '1m' },
      limits: { maxPending: 1 },
      pilot: { cpus: 1, memory: '512Mi', disk: '1Gi' },
    };
    await place.write('group.yaml', resource('GlideinGroup', 'test', spec));
    const nothing = { GLIDEIN_APPTAINER: '/bin/false', PATH: '/nowhere' };
    const up = await place.up(['--log-level', 'info'], nothing).ready();
    await eventually(() => expect(up.out).toContain('2 pilots in a row failed to start'), 60_000);
    await eventually(async () =>
      expect((await place.glidein('status', '-o', 'wide')).out).toContain(
        '2 pilots in a row failed to start',
      ),
    );
    const ends = up.err.split('\n').filter((line) => line.includes('pilot ended'));
    expect(ends).toHaveLength(2);
    expect(ends[0]).toMatch(/"reason":"exit code 9: pilot cannot run: .*apptainer/i);
  });

  it('reports that no group can run here', async () => {
    place = await UpPlace.make(siteManifests({ memory: '100000Gi' }));
    const up = place.up();
    expect((await up.ended).code).toBe(2);
    expect(up.err).toMatch(
      /needs 100000Gi, but this machine has .*\n.*has no GlideinGroup that can run here/,
    );
  });

  it('is the only one that uses its state directory', async () => {
    place = await UpPlace.make(siteManifests({}));
    await place.up().ready();
    const second = place.up();
    expect((await second.ended).code).toBe(5);
    expect(second.err).toMatch(/another glidein up \(process \d+\) uses the state directory .*--state/);
    expect((await place.glidein('q')).code).toBe(0);
  });

  it.each([
    ['a port that is in use', 7, /127\.0\.0\.1:\d+.*choose another port with --port/],
    [
      'a state directory that cannot be written',
      2,
      /cannot use the state directory .*group\.yaml\/state: ENOTDIR.*--state/,
    ],
    ['a port that is none', 2, /--port: "x" is not a port/],
    ['a lease that is none', 2, /--lease: "soon" is not a duration/],
    ['no manifest', 4, /no such file or directory: \/nowhere/],
  ])('fails with the exit code and the message for %s', async (what, code, message) => {
    place = await UpPlace.make(siteManifests({}));
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const flags: Record<string, string[]> = {
      'a port that is in use': ['--port', String(port)],
      'a state directory that cannot be written': [
        '--state',
        join(place.directory, 'manifests', 'group.yaml', 'state'),
      ],
      'a port that is none': ['--port', 'x'],
      'a lease that is none': ['--lease', 'soon'],
      'no manifest': ['-f', '/nowhere'],
    };
    const up = place.up(flags[what] ?? []);
    expect((await up.ended).code).toBe(code);
    expect(up.err).toMatch(message);
    expect(up.err.trimEnd().split('\n')).toHaveLength(1);
    await new Promise((done) => server.close(done));
    await nothingLeft(5000);
  });
});
