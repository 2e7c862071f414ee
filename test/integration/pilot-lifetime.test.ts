import { once } from 'node:events';
import { access, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnsecuredJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { ProbeCache, probeKey } from '#pilot/probe/probe-cache.ts';
import {
  missingRuntime,
  PilotProcess,
  type PilotProcessOptions,
  testRuntime,
} from '#testing/pilot-process.ts';
import { PoolPeer, type PoolPeerOptions, type TestJob } from '#testing/pool-peer.ts';

const missing = await missingRuntime();

const sleeper = (word: string, script = 'exec'): TestJob => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: `"-c '${script} sleep ${word}'"`,
    TransferExecutable: 'false',
    ContainerImage: '"hello"',
  },
});

interface Seen {
  readonly pid: number;
  readonly command: string;
}

/** Processes with `word` in their command line: all, or only the children of `parent`. */
async function processesWith(word: string, parent?: number): Promise<Seen[]> {
  const names = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const seen = await Promise.all(
    names.map(async (name) => ({
      pid: Number(name),
      command: await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => ''),
      status: await readFile(`/proc/${name}/status`, 'utf8').catch(() => ''),
    })),
  );
  return seen
    .filter(
      ({ command, status }) =>
        command.includes(word) && (parent === undefined || status.includes(`PPid:\t${parent}\n`)),
    )
    .map(({ pid, command }) => ({ pid, command }));
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.skipIf(missing !== undefined)(`a pilot${missing ? ` (${missing})` : ''}`, () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function begin(options: Omit<PilotProcessOptions, 'url'> = {}, poolOptions: PoolPeerOptions = {}) {
    const pool = await PoolPeer.listen(poolOptions);
    cleanups.push(() => pool.close().catch(() => undefined));
    const pilot = await PilotProcess.start({ url: pool.url, ...options });
    cleanups.push(() => pilot.destroy());
    return { pool, pilot };
  }

  async function running(pool: PoolPeer, job: TestJob) {
    const start = pool.startOf(job);
    pool.send(start);
    await pool.next('started', ({ claim }) => claim.id === start.claim.id);
    // After it leaves the marker, the first step takes a moment to become the payload.
    await pause(100);
    return start.claim;
  }

  it('dies with its payload when it is killed', async () => {
    const { pool, pilot } = await begin();
    await pool.hello();
    await running(pool, sleeper('55501'));
    expect(await processesWith('55501')).not.toEqual([]);
    pilot.child.kill('SIGKILL');
    await pilot.exit;
    await expect.poll(() => processesWith('55501'), { interval: 20 }).toEqual([]);
  });

  it('replaces its guardian if that is killed', async () => {
    const { pool, pilot } = await begin();
    await pool.hello();
    await running(pool, sleeper('55507'));
    const [guardian] = await processesWith('read -r verb group', pilot.child.pid);
    process.kill(guardian?.pid ?? 0, 'SIGKILL');
    await expect.poll(() => pilot.log).toMatch(/guardian was killed; starting another/);
    await pause(100);
    pilot.child.kill('SIGKILL');
    await pilot.exit;
    await expect.poll(() => processesWith('55507'), { interval: 20 }).toEqual([]);
  });

  it('can stop its payload at any moment of a start', async () => {
    const { pool, pilot } = await begin({ spec: { lifetimes: { grace: '500ms' } } });
    await pool.hello();
    for (const delay of [0, 2, 5, 10, 20, 30, 40, 50, 60, 80, 120]) {
      const start = pool.startOf(sleeper('55508'));
      pool.send(start);
      await pause(delay);
      pool.send({ type: 'stop', claim: start.claim, reason: 'removed' });
      const begun = performance.now();
      expect((await pool.finished(start.claim)).outcome).toEqual({ kind: 'stopped', reason: 'removed' });
      expect(performance.now() - begun).toBeLessThan(1_500);
      pool.send({ type: 'recorded', claim: start.claim });
    }
    await expect.poll(() => processesWith('55508')).toEqual([]);
    await expect.poll(() => readdir(`${pilot.directory}/claims`)).toEqual([]);
  });

  it('kills in tier B, too, what a payload leaves behind', async () => {
    const cacheDirectory = await mkdtemp(join(tmpdir(), 'glidein-tier-b-'));
    cleanups.push(() => rm(cacheDirectory, { recursive: true }));
    const path = await realpath(testRuntime.apptainer);
    // This is what a probe behind a masked /proc would have remembered.
    await new ProbeCache(cacheDirectory, systemClock).store(await probeKey(path), {
      path,
      version: '1.4.5',
      tier: 'B',
    });
    const { pool } = await begin({ cacheDirectory });
    expect((await pool.hello()).slot).toMatchObject({ GLIDEIN_RuntimeTier: '"B"' });
    const { outcome } = await pool.run(sleeper('55509', 'setsid sleep 55510 >/dev/null 2>&1 & exit 4;'));
    expect(outcome).toEqual({ kind: 'exited', exitCode: 4 });
    expect(await processesWith('55510')).toEqual([]);
  });

  it('stops its payload with its grace on SIGTERM, delivers the result, leaves and exits with 0', async () => {
    const { pool, pilot } = await begin({ spec: { lifetimes: { grace: '1s' } } });
    await pool.hello();
    const claim = await running(pool, sleeper('55502', 'trap "" TERM; '));
    pilot.child.kill('SIGTERM');
    const finished = await pool.finished(claim);
    expect(finished.outcome).toEqual({ kind: 'stopped', reason: 'the pilot leaves: SIGTERM' });
    const late = pool.startOf(sleeper('1'));
    pool.send(late);
    expect((await pool.finished(late.claim)).outcome).toMatchObject({ kind: 'stopped' });
    for (const known of [claim, late.claim]) pool.send({ type: 'recorded', claim: known });
    expect((await pool.next('leaving')).reason).toBe('SIGTERM');
    expect(await pilot.exit).toEqual({ code: 0, signal: null });
    expect(await exists(pilot.directory)).toBe(false);
    expect(await processesWith('55502')).toEqual([]);
  });

  it('tells its payload by when it must have ended: at its start, and again when SIGTERM comes', async () => {
    const features = await mkdtemp(join(tmpdir(), 'glidein-features-'));
    cleanups.push(() => rm(features, { recursive: true }));
    const shutdown = Math.floor(Date.now() / 1000) + 7200;
    await writeFile(join(features, 'shutdowntime'), `${shutdown}\n`);
    const { pool, pilot } = await begin({
      spec: { lifetimes: { grace: '20s' } },
      environment: { ...(process.env as Record<string, string>), MACHINEFEATURES: features },
    });
    // Payloads are stopped in time for their grace and for the report.
    expect(Math.abs((await pool.hello()).endIn! - (7200 - 35))).toBeLessThan(5);
    const script =
      'f() { cat $JOBFEATURES/shutdowntime_job; exit; }; trap f TERM; echo $GLIDEIN_ToDie; while sleep 0.1; do :; done';
    const claim = await running(pool, {
      ad: { ...sleeper('').ad, Arguments: `"-c '${script}'"`, Out: '"out"' },
    });
    const told = Date.now() / 1000;
    pilot.child.kill('SIGTERM');
    const { stdout } = await pool.finished(claim);
    const [first, second] = pool.blobs.get(stdout!.digest)!.toString('utf8').trim().split('\n').map(Number);
    expect(Math.abs(first! - (shutdown - 15))).toBeLessThanOrEqual(1);
    expect(Math.abs(second! - (told + 20))).toBeLessThan(5);
    pool.send({ type: 'recorded', claim });
    expect((await pilot.exit).code).toBe(0);
  });

  it('leaves when its parent is gone, if it was told to', async () => {
    const { pool, pilot } = await begin({ arguments: ['--exit-with-parent'] });
    await pool.hello();
    const claim = await running(pool, sleeper('55503'));
    pilot.child.stdin?.end();
    pool.send({ type: 'recorded', claim: (await pool.finished(claim)).claim });
    expect((await pilot.exit).code).toBe(0);
  });

  it('leaves when no job has come, counting only while the pool has no work for it', async () => {
    const { pool, pilot } = await begin({ spec: { lifetimes: { maxIdle: '600ms' } } });
    await pool.hello();
    await pause(700);
    pool.send({ type: 'work', waiting: true });
    await pause(700);
    expect(pilot.child.exitCode).toBeNull();
    pool.send({ type: 'work', waiting: false });
    const begun = performance.now();
    expect((await pool.next('leaving')).reason).toBe('no job came');
    expect(performance.now() - begun).toBeGreaterThan(500);
    expect((await pilot.exit).code).toBe(0);
  });

  it('leaves although a collector of its spans never answers', async () => {
    const collector = createServer(() => undefined).listen(0, '127.0.0.1');
    cleanups.push(async () => {
      collector.closeAllConnections();
      collector.close();
    });
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    const environment = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
    const { pool, pilot } = await begin({ environment, spec: { lifetimes: { maxIdle: '100ms' } } });
    await pool.hello();
    pool.send({ type: 'work', waiting: false });
    await pool.next('leaving');
    const begun = performance.now();
    expect((await pilot.exit).code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(6000);
  });

  it('leaves after its last job when it is told to drain, and accepts no other', async () => {
    const { pool, pilot } = await begin();
    await pool.hello();
    const claim = await running(pool, sleeper('1'));
    pool.send({ type: 'drain', reason: 'surplus' });
    expect((await pool.next('draining')).reason).toBe('surplus');
    const finished = await pool.finished(claim);
    expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
    expect(pool.heard.some(({ message }) => message.type === 'leaving')).toBe(false);
    pool.send({ type: 'recorded', claim });
    expect((await pool.next('leaving')).reason).toBe('surplus');
    expect((await pilot.exit).code).toBe(0);
  });

  it('accepts jobs again when an order to drain is withdrawn', async () => {
    const { pool } = await begin();
    await pool.hello();
    await running(pool, sleeper('600.27'));
    pool.send({ type: 'drain', reason: 'new kernel' });
    await pool.next('draining');
    pool.send({ type: 'resume' });
    await pool.next('serving');
    await running(pool, sleeper('600.28'));
  });

  it('ends its payloads at the end of its own life', async () => {
    const { pool, pilot } = await begin({ spec: { lifetimes: { retireAfter: '1s', endAfter: '1s' } } });
    await pool.hello();
    const claim = await running(pool, sleeper('55504'));
    const { outcome } = await pool.finished(claim);
    expect(outcome).toEqual({
      kind: 'stopped',
      reason: 'the pilot leaves: end of life',
      endOfLife: { lifeSeconds: 1, ranSeconds: expect.any(Number) },
    });
    pool.send({ type: 'recorded', claim });
    expect((await pilot.exit).code).toBe(0);
  });

  it('leaves while its token is still valid if nobody renews it', async () => {
    const { pool, pilot } = await begin();
    await pool.hello();
    // The last tenth of its life has begun, as if the kubelet had not replaced it.
    const now = Math.floor(Date.now() / 1000);
    const token = new UnsecuredJWT({})
      .setIssuedAt(now - 3500)
      .setExpirationTime(now + 100)
      .encode();
    await writeFile(join(pilot.root, 'token'), token);
    expect((await pool.next('leaving')).reason).toMatch(/^its token expires at \S+Z and was not renewed$/);
    expect((await pilot.exit).code).toBe(0);
  });

  it('kills its payloads before half of the lease has passed, and reconnects without them', async () => {
    const { pool, pilot } = await begin({}, { leaseSeconds: 4 });
    await pool.hello();
    await running(pool, sleeper('55505', 'trap "" TERM; '));
    await pause(1_500);
    expect(await processesWith('55505')).not.toEqual([]);
    const cut = performance.now();
    pool.silent = true;
    await expect.poll(() => processesWith('55505'), { timeout: 3_000, interval: 20 }).toEqual([]);
    // The last acknowledged renewal was sent at most one interval (0.4 s) before the connection broke.
    expect(performance.now() - cut).toBeGreaterThan(1_000);
    expect(performance.now() - cut).toBeLessThan(2_000);
    // The pilot forgets a claim only when its processes are gone, which takes a while on a busy machine.
    await expect.poll(() => readdir(`${pilot.directory}/claims`), { timeout: 10_000 }).toEqual([]);
    pool.silent = false;
    pool.disconnect();
    const hellos = pool.heard.filter(({ message }) => message.type === 'hello').length;
    const hello = await pool.hello(hellos + 1);
    expect(hello.claims).toEqual([]);
    expect(pool.heard.some(({ message }) => message.type === 'finished')).toBe(false);
    const { outcome } = await pool.run(sleeper('0'));
    expect(outcome).toEqual({ kind: 'exited', exitCode: 0 });
  });

  it('drops claims that the pool has given to others', async () => {
    const { pool } = await begin();
    await pool.hello();
    const claim = await running(pool, sleeper('55506'));
    pool.drop = [claim];
    pool.disconnect();
    expect((await pool.hello(2)).claims).toEqual([claim]);
    await expect.poll(() => processesWith('55506'), { timeout: 2_000, interval: 20 }).toEqual([]);
  });

  it('keeps its payload through a restart of the pool', async () => {
    const { pool, pilot } = await begin({}, { leaseSeconds: 30 });
    await pool.hello();
    const claim = await running(pool, sleeper('2'));
    const { port } = pool;
    await pool.close();
    const second = await PoolPeer.listen({ leaseSeconds: 30 }, port);
    cleanups.push(() => second.close());
    expect((await second.hello()).claims).toEqual([claim]);
    await second.next('started');
    expect((await second.finished(claim)).outcome).toEqual({ kind: 'exited', exitCode: 0 });
    expect(pilot.child.exitCode).toBeNull();
  });

  it('retries slowly, with a warning, when the pool refuses it', async () => {
    const { pool, pilot } = await begin({}, { refuse: () => 403 });
    await expect.poll(() => pilot.log, { timeout: 10_000 }).toMatch(/"level":40.*status 403.*refuses/);
    await pause(1_000);
    expect(pool.authorizations).toHaveLength(1);
    pilot.child.kill('SIGTERM');
    expect((await pilot.exit).code).toBe(0);
  });

  it('accepts no more jobs after three that it could not start', async () => {
    const { pool, pilot } = await begin();
    await pool.hello();
    // A file replaces the directory of claims, so nothing can be staged any more.
    await rm(`${pilot.directory}/claims`, { recursive: true, force: true });
    await writeFile(`${pilot.directory}/claims`, '');
    for (let count = 0; count < 3; count += 1) {
      expect((await pool.run(sleeper('0'))).outcome).toMatchObject({ kind: 'startFailed', blame: 'pilot' });
    }
    expect((await pool.next('leaving')).reason).toMatch(/3 payloads in a row/);
    // Its group is to learn that the node is bad.
    expect((await pilot.exit).code).toBe(9);
  });

  it('registers with what validations say of its node, in its own container or in an image', async () => {
    const check = (name: string, image?: string) => ({
      name,
      ...(image === undefined ? {} : { image }),
      command: [
        '/bin/sh',
        '-c',
        'echo Group_$0 = \\"$GLIDEIN_Group\\"; echo Inside_$0 = $(ls -d /srv | wc -l)',
        name,
      ],
    });
    const { pool } = await begin({ spec: { validation: [check('own'), check('inside', 'hello')] } });
    expect((await pool.hello()).slot).toMatchObject({
      GLIDEIN_Validation_own: 'true',
      Group_own: '"test"',
      GLIDEIN_Validation_inside: 'true',
      Group_inside: '"test"',
      Inside_inside: '1',
      HasUserNamespaces: 'true',
    });
  });

  it('does not register on a node on which a validation fails, and says why', async () => {
    const command = ['/bin/sh', '-c', 'echo no device >&2; exit 3'];
    const { pool, pilot } = await begin({ spec: { validation: [{ name: 'gpu', command }] } });
    expect((await pilot.exit).code).toBe(9);
    expect(pilot.log).toContain('the validation gpu has failed on this node: it ended with 3: no device');
    expect(pool.heard).toEqual([]);
  });

  it('reports which field of its order is wrong', async () => {
    const { pilot } = await begin({ spec: { cpus: -1 } });
    expect((await pilot.exit).code).toBe(2);
    expect(pilot.log).toMatch(/order.json: spec.cpus:/);
    const { pilot: older } = await begin({ spec: { ofLaterVersions: true } as object });
    expect((await older.exit).code).toBe(2);
    expect(older.log).toMatch(/ofLaterVersions.* take a pilot of the version that wrote the order/);
  });

  /**
   * An apptainer that cannot give a container its own /proc, as in a pod with a masked one.
   * @param around the command that runs the real one
   */
  async function maskedApptainer(around = 'exec "$real" "$@"'): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'glidein-masked-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const path = join(folder, 'apptainer');
    const script = `#!/bin/sh
real='${await realpath(testRuntime.apptainer)}'
case " $* " in
  *" --version "*) exec "$real" "$@" ;;
  *" --containall "*) echo "FATAL: can't mount proc filesystem to /proc: operation not permitted" >&2; exit 255 ;;
esac
${around}
`;
    await writeFile(path, script, { mode: 0o755 });
    return path;
  }

  it('finds out by itself that only tier B works', async () => {
    const { pool } = await begin({ apptainer: await maskedApptainer() });
    expect((await pool.hello()).slot).toMatchObject({ GLIDEIN_RuntimeTier: '"B"' });
    expect((await pool.run(sleeper('0'))).outcome).toEqual({ kind: 'exited', exitCode: 0 });
  });

  it('fails on a node where payloads of tier B can have no user namespace of their own, with the reason', async () => {
    // Apptainer gets the only one that is allowed.
    const one = `exec unshare -r sh -c 'echo 1 >/proc/sys/user/max_user_namespaces; exec "$@"' sh "$real" "$@"`;
    const apptainer = await maskedApptainer(one);
    const environment = { PATH: '/usr/bin:/bin', HOME: '/nowhere' };
    const { pool, pilot } = await begin({ apptainer, environment });
    expect((await pilot.exit).code).toBe(9);
    expect(pilot.log).toMatch(/user namespaces are not allowed here: .*user namespace of its own/);
    expect(pool.authorizations).toEqual([]);
  });

  it('fails on a node that cannot run containers, with the reason', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'glidein-broken-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const apptainer = join(folder, 'apptainer');
    const broken = '#!/bin/sh\necho "ERROR  : Failed to create user namespace: not allowed" >&2\nexit 1\n';
    await writeFile(apptainer, broken, { mode: 0o755 });
    // There is no other one in PATH or in the home directory.
    const environment = { PATH: folder, HOME: folder };
    const { pool, pilot } = await begin({ apptainer, environment });
    expect((await pilot.exit).code).toBe(9);
    expect(pilot.log).toMatch(/user namespaces are not allowed here: .*seccomp/);
    expect(pool.authorizations).toEqual([]);
  });
});
